import { CONSUMER_TIMEOUT, RETRY_VISIBILITY, RETRY_WINDOW, TRACK_WINDOW, trackVisibility } from '../../cdk/timings.ts'
import { createConsumerHandler } from '../../functions/consumer/handler.ts'
import { createReport } from '../../functions/consumer/report.ts'
import { noJournal } from '../support/no-journal.ts'
import { createRowBuilder } from '../../lib/audience/row.ts'
import type { Destination } from '../../lib/config/destinations-schema.ts'
import type { SendRequest } from '../../lib/graph-api/client.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import { createEventSourceMapping } from '../../lib/emulator/lambda/event-source-mapping.ts'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import type { Log } from '../../lib/log.ts'
import { memorySessions } from '../functions/memory-sessions.ts'
import { memoryRegister } from '../register/memory-register.ts'
import { createVirtualQueue } from './virtual-queue.ts'
import type { VirtualTime } from './virtual-time.ts'

type Options = {
  time: VirtualTime
  destination: Destination
  /** How Meta answers. */
  send: SendRequest
  /** Pollers of each queue, each with one invocation at a time. */
  pollers: number
  /** What an invocation takes before it does anything, in ms. */
  processorMs: number
}

/**
 * The consumer as it is deployed, its queues and Lambda's pollers, in virtual time: real handlers on the real poller's rules.
 * Every poller's invocations share an execution environment of their own. Nothing may end among the dead letters.
 */
export function createVirtualService({ time, destination, send, pollers, processorMs }: Options) {
  const random = seededRandom(1)
  const clock = time.now
  const windowSeconds = TRACK_WINDOW.toSeconds()
  const track = createVirtualQueue(time, 'track', trackVisibility(windowSeconds).toSeconds(), random)
  const removal = createVirtualQueue(time, 'removal', trackVisibility(windowSeconds).toSeconds(), random)
  const retry = createVirtualQueue(time, 'retry', RETRY_VISIBILITY.toSeconds(), random)
  const register = memoryRegister()
  const uploadSessions = memorySessions()
  const log: Log = (level, event, fields) => {
    if (level === 'error') throw new Error(`${event}: ${JSON.stringify(fields)}`)
  }
  const waited = new Map<string, number>()
  const report = createReport(
    log,
    (metric, count, { reason = '' }) => {
      if (metric === 'UsersWaiting') waited.set(reason, (waited.get(reason) ?? 0) + count)
    },
    noJournal,
  )
  const token = () => Promise.resolve({ ok: true as const, token: { accessToken: 'token', appSecret: undefined } })
  const refuse = (what: string) => (messages: Iterable<unknown>) =>
    [...messages].length > 0
      ? Promise.reject(new Error(`nothing should be ${what}`))
      : Promise.resolve({ ok: true as const })
  const rows = createRowBuilder(destination, clock)
  let turns = 0

  const environment = () =>
    createConsumerHandler(
      {
        settings: { sources: [{ name: 'server', signed: false, mayErase: false }], destinations: [destination] },
        rowBuilderOf: () => rows,
        delivery: {
          send,
          token: () => ({ get: token, refresh: token }),
          pauses: createPauses(clock),
          pace: createPace(clock),
          clock,
          sleep: time.sleep,
          random,
          onCall: report.call,
        },
        register,
        erased: () => Promise.resolve(undefined),
        noteErasure: () => Promise.resolve(),
        uploadSessions,
        sendToRetryQueue: retry.send,
        sendToDeadLetters: refuse('among the dead letters'),
        hideInSessionQueue: () => Promise.resolve({ ok: true }),
        hideInRetryQueue: retry.hide,
        deleteMessages: (name) => ([track, removal].find((queue) => queue.name === name) ?? retry).acknowledge,
        report,
        log,
        giveUpAfterSeconds: 24 * 3600,
        clock,
        sleep: time.sleep,
        random,
        newId: () => `turn ${(turns += 1)}`,
      },
      'https://sqs.us-east-1.amazonaws.com/000000000000/session.fifo',
    )

  const poll = (queue: typeof track, batchSize: number, window: number) => {
    const handler = environment()
    return createEventSourceMapping({
      settings: { batchSize, windowSeconds: window, maximumConcurrency: 1, reportBatchItemFailures: true, fifo: false },
      queue: queue.polled,
      invoke: async (event) => {
        const endsAt = time.now() + CONSUMER_TIMEOUT.toMilliseconds()
        if (processorMs > 0) await time.sleep(processorMs)
        const payload = await handler(event, { getRemainingTimeInMillis: () => endsAt - time.now() })
        if (time.now() > endsAt) throw new Error(`an invocation took ${time.now() - endsAt} ms too long`)
        return { ok: true, payload }
      },
      now: time.now,
      sleep: time.sleep,
      log: (line) => {
        throw new Error(line)
      },
    })
  }
  const mappings = Array.from({ length: pollers }, () => [
    poll(track, 10_000, windowSeconds),
    poll(removal, 10_000, windowSeconds),
    poll(retry, 100, RETRY_WINDOW.toSeconds()),
  ]).flat()
  return {
    track,
    removal,
    retry,
    register,
    /** How many users had to wait, by reason. */
    waited,
    close: () => Promise.all(mappings.map((mapping) => mapping.close(0))),
  }
}
