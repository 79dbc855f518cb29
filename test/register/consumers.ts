import type { SQSRecord } from 'aws-lambda'
import type { Scheduler } from 'fast-check'
import type { ConsumerDependencies } from '../../functions/consumer/dependencies.ts'
import { handleMerged } from '../../functions/consumer/merged.ts'
import { createReport } from '../../functions/consumer/report.ts'
import { handleSessions } from '../../functions/consumer/sessions.ts'
import type { Batch } from '../../lib/audience/batch.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import type { Outcome } from '../../lib/graph-api/delivery.ts'
import { createUploadSessions } from '../../lib/graph-api/upload-session.ts'
import { createRegister } from '../../lib/register/register.ts'
import type { RegisterTable } from '../../lib/register/register.ts'
import { createQueue } from '../functions/consumer-support.ts'
import { memorySessions } from '../functions/memory-sessions.ts'
import { aClock, AUDIENCE, settingsOf } from '../graph-api/builders.ts'
import { SCHEMA } from './audience-model.ts'
import type { Audience, Event, Row } from './audience-model.ts'
import { memoryTable } from './memory-table.ts'

/**
 * What goes wrong at a step, counted over all invocations. At a request to Meta, `refused` and `unanswered` are failures
 * before and after it took effect; after `late` it takes effect within the next three minutes; and one that is taken
 * takes effect once `again` in that time, as by an earlier attempt that had no answer. At an access to the table, the
 * others are failures, `unanswered` that of a write that was done.
 */
export type Mishap = { step: number; kind: 'crash' | 'refused' | 'unanswered' | 'late' | 'again' }

/** What is taken out, to see the promise break; the comparison before the sending has its test in guard.test.ts. */
export type Checks = { recordRemovals?: false; checkAfter?: false; removeAgain?: false }

type Options = { mishaps: readonly Mishap[]; tableFails?: boolean; checks?: Checks }

type Queue = ReturnType<typeof createQueue>

const SETTINGS = settingsOf({ name: 'main', userSchema: [...SCHEMA], events: { E: AUDIENCE } })

/** Less than a removal or an add is taken to be under way. */
const LATEST_MS = 3 * 60_000

/**
 * Runs two consumers of the track queue, one of the retry queue and one of the session queue side by side, every step
 * of theirs ordered by the scheduler, until the queues are empty.
 */
export async function runConsumers(
  events: readonly Event[],
  meta: Audience,
  scheduler: Scheduler,
  { mishaps, tableFails = true, checks = {} }: Options,
): Promise<void> {
  const table = memoryTable()
  const sessions = memorySessions()
  const time = aClock()
  const track = createQueue(time, 'track', 1140, Infinity)
  const session = createQueue(time, 'session.fifo', 360, Infinity)
  const retry = createQueue(time, 'retry', 1080, Infinity)
  const late: { until: number; apply: () => void }[] = []
  let steps = 0
  let invocations = 0

  /** One more turn of an invocation; one that crashes does nothing any more from then on. */
  type Step = () => Promise<Mishap['kind'] | undefined>

  /** Has an invocation handle what it received, and settles its queue unless it crashes. */
  const invoke = async (handle: typeof handleMerged, queue: Queue, records: readonly SQSRecord[]) => {
    if (records.length === 0) return
    const id = `invocation-${String((invocations += 1))}`
    const crash = Promise.withResolvers<'crashed'>()
    let isCrashed = false
    const step: Step = async () => {
      const mishap = mishaps.find((each) => each.step === steps)?.kind
      steps += 1
      time.now += 1
      if (mishap === 'crash') {
        isCrashed = true
        crash.resolve('crashed')
      }
      if (!isCrashed) await scheduler.schedule(Promise.resolve(), id)
      return isCrashed ? new Promise(() => undefined) : mishap
    }
    const dependencies = dependenciesOf(step)
    const register = dependencies.registerFor(id, Infinity)
    const invocation = { deadline: Infinity, register, uploadSessions: dependencies.uploadSessionsFor() }
    const end = await Promise.race([handle(records, invocation, dependencies), crash.promise])
    if (end !== 'crashed') queue.settle(records, new Set(end))
  }

  const tableWith = (step: Step): RegisterTable => {
    const access = async () => {
      const mishap = await step()
      return tableFails && mishap !== 'again' ? mishap : undefined
    }
    return {
      append: async (item) => {
        const mishap = await access()
        const isLeftOut = item.direction === 'remove' && checks.recordRemovals === false
        if (!isLeftOut && (mishap === undefined || mishap === 'unanswered')) await table.append(item)
        if (mishap) throw new Error(mishap)
        await step()
      },
      read: async function* (...range) {
        const mishap = await access()
        if (mishap) throw new Error(mishap)
        yield* table.read(...range)
      },
    }
  }

  const deliverWith =
    (step: Step) =>
    async ({ direction, changes }: Batch): Promise<Outcome[]> => {
      const mishap = await step()
      const apply = () => {
        for (const { cells } of changes) meta.apply(direction, cells)
      }
      if (mishap === 'late' || mishap === 'again') late.push({ until: time.now + LATEST_MS, apply })
      if (mishap !== 'late' && mishap !== 'refused') apply()
      if (mishap && mishap !== 'again')
        return [{ kind: 'waiting', changes, reason: 'http_500', waitSeconds: 0, tried: true }]
      await step()
      const received = { numReceived: changes.length, numInvalid: 0, invalidSamples: {} }
      return [{ kind: 'delivered', changes, received }]
    }

  const dependenciesOf = (step: Step): ConsumerDependencies => {
    const nothing = () => undefined
    return {
      settings: SETTINGS,
      rowsOf: () => ({
        schema: SCHEMA,
        toRow: (user) => {
          const cells = [...(user as { row: Row }).row]
          return { row: { cells, identifiers: identifiersOf(SCHEMA, cells) }, reports: [] }
        },
      }),
      deliver: deliverWith(step),
      registerFor: (writer, deadline) => {
        const dependencies = { table: tableWith(step), writer, clock: time.clock, deadline, onFailure: nothing }
        const { record, lookUp } = createRegister(dependencies)
        return {
          record,
          lookUp: async (audienceId, direction, changes, earlier) => {
            const reading = await lookUp(
              audienceId,
              direction,
              earlier && checks.checkAfter === false ? [] : changes,
              earlier,
            )
            if (direction === 'add' && checks.removeAgain === false)
              for (const other of reading.words.values()) other.isOlderUnderWay = false
            return reading
          },
        }
      },
      uploadSessionsFor: () => createUploadSessions({ table: sessions, clock: time.clock, onFailure: nothing }),
      sendToRetryQueue: retry.send,
      sendToDeadLetters: retry.send,
      hideInSessionQueue: session.hide,
      hideInRetryQueue: retry.hide,
      report: createReport(nothing, nothing),
      log: nothing,
      giveUpAfterSeconds: Infinity,
      clock: time.clock,
      random: () => 0,
    }
  }

  for (const [index, event] of events.entries()) {
    const { inSession } = event
    const body = bodyOf(event, index, time.now)
    const entry = { body, bytes: body.length, ...(inSession && { groupId: String(index) }) }
    await (inSession ? session : track).send([entry])
  }
  const takeEffect = (request: (typeof late)[number]) => {
    if (!late.includes(request)) return
    late.splice(late.indexOf(request), 1)
    request.apply()
  }
  const queues = [track, session, retry]
  while (queues.some(({ messages }) => messages.length > 0)) {
    const nextAt = Math.max(time.now, Math.min(...queues.map((queue) => queue.nextAt())))
    const overdue = late.filter(({ until }) => until < nextAt)
    for (const request of overdue) takeEffect(request)
    time.now = nextAt
    // The others take effect at any time while these invocations run.
    const landing = late.map((request) => scheduler.schedule(Promise.resolve(), 'late').then(() => takeEffect(request)))
    const tracked = track.receive(Infinity)
    const half = Math.ceil(tracked.length / 2)
    const running = [
      invoke(handleMerged, track, tracked.slice(0, half)),
      invoke(handleMerged, track, tracked.slice(half)),
      invoke(handleMerged, retry, retry.receive(Infinity)),
      invoke(handleSessions, session, session.receive(Infinity)),
    ]
    await scheduler.waitFor(Promise.all(running))
    await scheduler.waitFor(Promise.all(landing))
  }
  for (const request of [...late]) takeEffect(request)
}

/** The queue message of an event that happened a second before it was received, and `at` later. */
function bodyOf({ at, add, row, inSession }: Event, index: number, receivedAt: number): string {
  const session = inSession && { session: { sessionId: String(index + 1), batchSequence: 1, lastBatch: true } }
  const lists = { [add ? 'add' : 'remove']: [{ row }] }
  const event = { messageId: String(index), name: 'E', at: receivedAt - 1_000 + at, ...lists, ...session }
  return JSON.stringify({ version: 1, source: 'server', receivedAt, events: [event] })
}
