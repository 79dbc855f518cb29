import { CONSUMER_TIMEOUT, TRACK_WINDOW } from '../../cdk/timings.ts'
import { createConsumerHandler } from '../../functions/consumer/handler.ts'
import { createReport } from '../../functions/consumer/report.ts'
import { createRowBuilder, rowSchema } from '../../lib/audience/row.ts'
import type { Destination } from '../../lib/config/destinations-schema.ts'
import { createDelivery } from '../../lib/graph-api/delivery.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import { createEventSourceMapping } from '../../lib/local/event-source-mapping.ts'
import { seededRandom } from '../../lib/local/graph-api/seeded-random.ts'
import { createRegister } from '../../lib/register/register.ts'
import { packMessages } from '../../lib/track/message.ts'
import { memoryTable } from '../register/memory-table.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { createVirtualQueue } from './virtual-queue.ts'
import { createVirtualTime } from './virtual-time.ts'
import type { VirtualTime } from './virtual-time.ts'

const MILLION = 1_000_000
/** Enough for dozens of windows each. */
const EVENTS = { 1: 5_000, 10: 10_000, 100: 60_000 }
const GRAPH_MS = 400

const DESTINATION: Destination = {
  name: 'main',
  userSchema: ['EMAIL'],
  events: { USER_ADD: ['1'] },
  isHashRequired: true,
  disableFormat: false,
  sources: ['server'],
  apiVersion: 'v26.0',
  maxUserCount: 10_000,
  isValueBasedAudience: false,
}

/**
 * How many Graph calls a million events of one user each lead to, at three rates: the consumer as it is deployed and
 * the poller's rules, in virtual time. Lambda begins with five pollers, and has two where two invocations are the most.
 */
const benchmark: Benchmark = {
  name: 'graph-calls',
  run: async () => {
    const measurements: Measurement[] = []
    for (const pollers of [2, 5])
      for (const rate of [1, 10, 100] as const) {
        const calls = await graphCalls(EVENTS[rate], rate, pollers)
        const name = `${rate} events/s, ${pollers} pollers: Graph calls for a million events`
        measurements.push({ name, value: (calls * MILLION) / EVENTS[rate], unit: 'calls' })
      }
    return [...measurements, { name: 'one call for each event, as others do', value: MILLION, unit: 'calls' }]
  },
}
export default benchmark

/** Graph calls until all events are delivered; throws when any is not. */
export async function graphCalls(events: number, eventsPerSecond: number, pollers: number): Promise<number> {
  const time = createVirtualTime()
  const random = seededRandom(1)
  const queue = createVirtualQueue(time, random)
  const meta = createMeta(time, events)
  const handler = createHandler(time, meta.send)
  const mappings = Array.from({ length: pollers }, (_, poller) =>
    createEventSourceMapping({
      settings: {
        batchSize: 10_000,
        windowSeconds: TRACK_WINDOW.toSeconds(),
        maximumConcurrency: 1,
        reportBatchItemFailures: true,
        fifo: false,
      },
      queue: queue.polled,
      invoke: async (event) => {
        const getRemainingTimeInMillis = () => CONSUMER_TIMEOUT.toMilliseconds()
        const payload = await handler(event, { getRemainingTimeInMillis, awsRequestId: `${poller} ${time.now()}` })
        return { ok: true, payload }
      },
      now: time.now,
      sleep: time.sleep,
      log: (line) => {
        throw new Error(line)
      },
    }),
  )
  const arrivals = async () => {
    for (let event = 0; event < events; event += 1) {
      // Events that come independently of each other, so many a second on average.
      await time.sleep((-Math.log(1 - random()) * 1000) / eventsPerSecond)
      queue.send(messageOf(event, time.now()))
    }
  }
  await time.until(Promise.all([arrivals(), meta.complete]))
  await time.until(Promise.all(mappings.map((mapping) => mapping.close(0))))
  return meta.calls()
}

/** Takes every user, and is complete when it has as many as there are events. */
function createMeta(time: VirtualTime, events: number) {
  const { promise: complete, resolve } = Promise.withResolvers<undefined>()
  let calls = 0
  let users = 0
  const send = async ({ body }: { body: string }) => {
    await time.sleep(GRAPH_MS)
    const { payload } = JSON.parse(body) as { payload: { data: unknown[] } }
    calls += 1
    users += payload.data.length
    if (users === events) resolve(undefined)
    const received = { numReceived: payload.data.length, numInvalid: 0, invalidSamples: {} }
    return { ok: true as const, received, usage: { adAccounts: [], appPercent: undefined, accountPercent: undefined } }
  }
  return { complete, calls: () => calls, send }
}

function createHandler(time: VirtualTime, send: ReturnType<typeof createMeta>['send']) {
  const refuse = (what: string) => () => Promise.reject(new Error(`nothing should be ${what}`))
  const nothingIn = (what: string) => (messages: Iterable<unknown>) =>
    [...messages].length > 0 ? refuse(what)() : Promise.resolve({ ok: true as const })
  const log = () => undefined
  const report = createReport(log, () => undefined)
  const table = memoryTable()
  const rows = { schema: rowSchema(DESTINATION), toRow: createRowBuilder(DESTINATION, time.now) }
  const token = () => Promise.resolve({ ok: true as const, token: { accessToken: 'token', appSecret: undefined } })
  return createConsumerHandler(
    {
      settings: { sources: [{ name: 'server', signed: false }], destinations: [DESTINATION] },
      rowsOf: () => rows,
      deliver: createDelivery({
        send,
        token: () => ({ get: token, refresh: token }),
        pauses: createPauses(time.now),
        pace: createPace(time.now),
        clock: time.now,
        sleep: time.sleep,
        random: () => 0.5,
        onCall: report.call,
      }),
      registerFor: (writer, deadline) =>
        createRegister({ table, writer, clock: time.now, deadline, onFailure: report.registerFailed }),
      uploadSessionsFor: () => ({ open: refuse('opened') }),
      sendToRetryQueue: nothingIn('in the retry queue'),
      sendToDeadLetters: nothingIn('among the dead letters'),
      hideInSessionQueue: refuse('hidden'),
      hideInRetryQueue: refuse('hidden'),
      report,
      log,
      giveUpAfterSeconds: 24 * 3600,
      clock: time.now,
      random: () => 0.5,
    },
    'https://sqs.us-east-1.amazonaws.com/000000000000/session.fifo',
  )
}

function messageOf(event: number, now: number): string {
  const users = [{ EMAIL: `person${event}@example.com` }]
  const list = { messageId: String(event), name: 'USER_ADD', at: now, direction: 'add' as const, users }
  const [message] = packMessages('server', now, [list]).track
  if (!message) throw new Error('an event makes one message')
  return message.body
}
