import { randomUUID } from 'node:crypto'
import type { Context } from 'aws-lambda'
import { createIngestHandler } from '../../functions/ingest/handler.ts'
import { basic } from '../support/ingest.ts'
import { restEvent } from '../support/http-event.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'
import { median } from './benchmark.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { FULL_REQUESTS, TEN_SHOPS } from './full-request.ts'
import { makePeople } from './people.ts'
import { ALL_FIELDS } from './rows-settings.ts'

const WARM_UPS = 200

/** What the ingest function adds to a request, against the bare cost of reading and writing its JSON. */
const benchmark: Benchmark = {
  name: 'ingest',
  run: async () => [
    ...(await measure('1 user', 1, 5_000)),
    ...(await measurePerson(5_000)),
    ...(await measure('1,000 users', 1_000, 300)),
    ...(await measure('1,000 users with two unknown fields', 1_000, 300, { plan: 'gold', emial: 'x' })),
    await processorTime(
      'as many events as a request holds, each of a user with twelve unknown fields',
      handler,
      eventsOfUnknownFields(),
    ),
    ...(await measureFullRequests()),
  ],
}
export default benchmark

const handlerOf = (settings: Destinations) =>
  createIngestHandler({
    settings,
    writeKeys: { get: () => Promise.resolve('{"server":"key"}'), refresh: () => Promise.resolve('{"server":"key"}') },
    sendToTrackQueue: () => Promise.resolve({ ok: true }),
    sendToRemovalQueue: () => Promise.resolve({ ok: true }),
    sendToSessionQueue: () => Promise.resolve({ ok: true }),
    erasing: () => Promise.reject(new Error('nobody is erased here')),
    log: () => undefined,
    measure: () => undefined,
    clock: Date.now,
    newId: randomUUID,
  })

const handler = handlerOf(
  settingsOf({
    destinations: [
      aDestination({
        userSchema: ALL_FIELDS,
        events: { USER_ADD: AUDIENCE, 'Order Completed': { audiences: AUDIENCE, action: 'add' } },
        memberships: { high_value: OTHER_AUDIENCE },
      }),
    ],
  }),
)

async function measure(name: string, users: number, requests: number, more: object = {}): Promise<Measurement[]> {
  const handled: number[] = []
  const bare: number[] = []
  for (let count = 0; count < WARM_UPS + requests; count += 1) {
    // Another body each time; the two take turns, so that a machine's slow spells fall on both.
    const body = JSON.stringify(trackCall(users, count + 1, more))
    const event = restEvent({ headers: { Authorization: basic('key') }, body })
    const handlerMs = await time(() => handler(event, {} as Context))
    const bareMs = await time(() => JSON.stringify(JSON.parse(body)))
    if (count < WARM_UPS) continue
    handled.push(handlerMs)
    bare.push(bareMs)
  }
  const ratios = handled.map((milliseconds, index) => milliseconds / (bare[index] ?? NaN))
  return [
    { name: `${name}: through the handler`, value: 1_000 / median(handled), unit: 'requests/s' },
    { name: `${name}: latency, median`, value: median(handled) * 1_000, unit: 'µs' },
    { name: `${name}: latency, p95`, value: percentile(handled, 95) * 1_000, unit: 'µs' },
    { name: `${name}: latency against bare JSON, median`, value: median(ratios), unit: '×' },
    {
      name: `${name}: latency against bare JSON, p95`,
      value: percentile(handled, 95) / percentile(bare, 95),
      unit: '×',
    },
  ]
}

/** Calls about one person against a list of this one person, in turns: both with the same e-mail, phone and name. */
async function measurePerson(requests: number): Promise<Measurement[]> {
  const times = { list: [] as number[], order: [] as number[], identify: [] as number[] }
  for (let count = 0; count < WARM_UPS + requests; count += 1) {
    const email = `person-${count}@example.com`
    const traits = { email, phone: '+15550100123', firstName: 'Ann', lastName: 'Lee' }
    const user = { EMAIL: email, PHONE: traits.phone, FN: traits.firstName, LN: traits.lastName }
    const common = { messageId: `m-${count}`, originalTimestamp: new Date().toISOString(), userId: 'u-1' }
    const calls = {
      list: { ...common, type: 'track', event: 'USER_ADD', context: {}, properties: { userListAdd: [user] } },
      order: { ...common, type: 'track', event: 'Order Completed', context: { traits }, properties: {} },
      identify: { ...common, type: 'identify', traits: { ...traits, high_value: true } },
    }
    for (const kind of ['list', 'order', 'identify'] as const) {
      const event = restEvent({ headers: { Authorization: basic('key') }, body: JSON.stringify(calls[kind]) })
      const milliseconds = await time(() => handler(event, {} as Context))
      if (count >= WARM_UPS) times[kind].push(milliseconds)
    }
  }
  const rate = (kind: keyof typeof times) => median(times.list) / median(times[kind])
  return [
    { name: 'an order of one person: requests/s against a list of this person', value: rate('order'), unit: '×' },
    { name: 'a membership of one person: requests/s against a list', value: rate('identify'), unit: '×' },
  ]
}

/** The largest request of events of one user, whose other columns nobody knows. */
function eventsOfUnknownFields(): object {
  const unknown = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`crm_column_${index}`, 'x']))
  const batch = Array.from({ length: 11_000 }, (_, index) => ({
    ...{ type: 'track', event: 'USER_ADD', messageId: String(index) },
    properties: { userListAdd: [{ EMAIL: `person-${index}@example.com`, ...unknown }] },
  }))
  return { batch }
}

/** Requests of as many people as the limit of people takes. */
async function measureFullRequests(): Promise<Measurement[]> {
  const ofShops = handlerOf(settingsOf(TEN_SHOPS))
  const measured: Measurement[] = []
  for (const { name, body } of FULL_REQUESTS)
    measured.push(await processorTime(`as many ${name} as a request holds for ten destinations`, ofShops, body))
  return measured
}

async function processorTime(name: string, ingest: typeof handler, body: object): Promise<Measurement> {
  const event = restEvent({ headers: { Authorization: basic('key') }, body })
  const start = process.cpuUsage()
  const { statusCode } = await ingest(event, {} as Context)
  const { user, system } = process.cpuUsage(start)
  return { name: `${name}: processor time, answer ${statusCode}`, value: (user + system) / 1_000, unit: 'ms' }
}

function trackCall(users: number, seed: number, more: object) {
  return {
    batch: [
      {
        type: 'track',
        event: 'USER_ADD',
        userId: 'u',
        messageId: randomUUID(),
        originalTimestamp: '2026-11-23T12:00:00.000Z',
        sentAt: '2026-11-23T12:00:01.000Z',
        properties: { userListAdd: makePeople(users, seed).map((person) => ({ ...person, ...more })) },
        context: { library: { name: 'analytics-node', version: '3.0.13' } },
      },
    ],
  }
}

async function time(run: () => unknown): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function percentile(values: readonly number[], percent: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1] ?? NaN
}
