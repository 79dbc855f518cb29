import type { MappingName } from '../../lib/config/audience-mapping.ts'
import type { Destination } from '../../lib/config/destinations-schema.ts'
import type { SendRequest } from '../../lib/graph-api/client.ts'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import { packMessages } from '../../lib/track/message.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { createVirtualService } from './virtual-service.ts'
import { createVirtualTime } from './virtual-time.ts'
import type { VirtualTime } from './virtual-time.ts'

const MILLION = 1_000_000
/** Enough for dozens of windows each. */
const EVENTS = { 1: 5_000, 10: 10_000, 100: 60_000 }
const GRAPH_MS = 400

const DESTINATION: Destination = {
  name: 'main',
  userSchema: ['EMAIL'],
  events: { USER_ADD: { audiences: ['1'] }, 'Order Completed': { audiences: ['1'], action: 'add' } },
  memberships: { vip: ['1'] },
  sourceAudience: { server: ['1'] },
  userFields: {},
  isHashRequired: true,
  dryRun: false,
  disableFormat: false,
  sources: ['server'],
  apiVersion: 'v26.0',
  maxUserCount: 10_000,
  isValueBasedAudience: false,
}

/**
 * How many Graph calls a million calls of one user each lead to, at three rates, whether they all are lists or list, order,
 * membership and record by turns: the consumer as it is deployed and
 * the poller's rules, in virtual time. Lambda begins with five pollers, and has two where two invocations are the most.
 */
const benchmark: Benchmark = {
  name: 'graph-calls',
  run: async () => {
    const measurements: Measurement[] = []
    for (const { kinds, pollers } of [
      { kinds: 'lists', pollers: 2 },
      { kinds: 'lists', pollers: 5 },
      { kinds: 'all kinds', pollers: 2 },
    ] as const)
      for (const rate of [1, 10, 100] as const) {
        const calls = await graphCalls(EVENTS[rate], rate, pollers, kinds)
        const name = `${rate} events/s, ${pollers} pollers, ${kinds}: Graph calls for a million events`
        measurements.push({ name, value: (calls * MILLION) / EVENTS[rate], unit: 'calls' })
      }
    return [...measurements, { name: 'one call for each event, as others do', value: MILLION, unit: 'calls' }]
  },
}
export default benchmark

/** Graph calls until all events are delivered; throws when any is not. */
export async function graphCalls(
  events: number,
  eventsPerSecond: number,
  pollers: number,
  kinds: 'lists' | 'all kinds',
): Promise<number> {
  const time = createVirtualTime()
  const random = seededRandom(1)
  const meta = createMeta(time, events)
  const service = createVirtualService({ time, destination: DESTINATION, send: meta.send, pollers, processorMs: 0 })
  const arrivals = async () => {
    for (let event = 0; event < events; event += 1) {
      // Events that come independently of each other, so many a second on average.
      await time.sleep((-Math.log(1 - random()) * 1000) / eventsPerSecond)
      const named = NAMES[kinds === 'lists' ? 0 : event % NAMES.length] ?? NAMES[0]
      await service.track.send(messagesOf(event, time.now(), named))
    }
  }
  await time.until(Promise.all([arrivals(), meta.complete]))
  await time.until(service.close())
  return meta.calls()
}

/** Takes every user, and is complete when it has as many as there are events. */
function createMeta(time: VirtualTime, events: number) {
  const { promise: complete, resolve } = Promise.withResolvers<undefined>()
  let calls = 0
  let users = 0
  const send: SendRequest = async ({ body }) => {
    await time.sleep(GRAPH_MS)
    const { payload } = JSON.parse(body) as { payload: { data: unknown[] } }
    calls += 1
    users += payload.data.length
    if (users === events) resolve(undefined)
    const received = { numReceived: payload.data.length, numInvalid: 0, invalidSamples: {} }
    return { ok: true, received, usage: { adAccounts: [], appPercent: undefined, accountPercent: undefined } }
  }
  return { complete, calls: () => calls, send }
}

/** A list of one user first, then the calls about one person. */
const NAMES: readonly [MappingName, ...MappingName[]] = [
  { by: 'event', name: 'USER_ADD' },
  { by: 'event', name: 'Order Completed' },
  { by: 'membership', name: 'vip' },
  { by: 'source', name: 'server' },
  { by: 'audience', name: '1' },
]

function messagesOf(event: number, now: number, named: MappingName) {
  const users = [{ EMAIL: `person${event}@example.com` }]
  const list = { messageId: String(event), ...named, at: now, direction: 'add' as const, users }
  return packMessages('server', now, [list]).track
}
