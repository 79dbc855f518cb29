import type { SQSRecord } from 'aws-lambda'
import type { Scheduler } from 'fast-check'
import type { ConsumerDependencies } from '../../functions/consumer/dependencies.ts'
import { handleMerged } from '../../functions/consumer/merged.ts'
import { createReport } from '../../functions/consumer/report.ts'
import { handleSessions } from '../../functions/consumer/sessions.ts'
import type { Batch } from '../../lib/audience/batch.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import type { Destination } from '../../lib/config/destinations-schema.ts'
import type { Outcome } from '../../lib/graph-api/delivery.ts'
import { createRegister } from '../../lib/register/register.ts'
import type { RegisterTable } from '../../lib/register/register.ts'
import { createQueue } from '../functions/consumer-support.ts'
import { memorySessions } from '../functions/memory-sessions.ts'
import { aClock } from '../graph-api/builders.ts'
import { SCHEMA } from './audience-model.ts'
import type { Audience, Event, Row } from './audience-model.ts'
import { memoryTable } from './memory-table.ts'

/**
 * What goes wrong at a step, counted over all invocations. At a request to Meta, `refused` and `unanswered` are failures
 * before and after it took effect, and after `late` it takes effect at any later time while these invocations run. At an
 * access to the table, all of these are failures, `unanswered` that of a write that was done.
 */
export type Mishap = { step: number; kind: 'crash' | 'refused' | 'unanswered' | 'late' }

/** What is taken out, to see the promise break; the comparison before the sending has its test in guard.test.ts. */
export type Checks = { recordRemovals?: false; checkAfter?: false }

type Options = { mishaps: readonly Mishap[]; tableFails?: boolean; checks?: Checks }

type Queue = ReturnType<typeof createQueue>

const DESTINATION: Destination = {
  name: 'main',
  userSchema: [...SCHEMA],
  events: { E: ['10001'] },
  isHashRequired: true,
  disableFormat: false,
  sources: ['server'],
  apiVersion: 'v26.0',
  maxUserCount: 10_000,
  isValueBasedAudience: false,
}

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
  const time = aClock()
  const track = createQueue(time, 'track', 1140, Infinity)
  const session = createQueue(time, 'session.fifo', 360, Infinity)
  const retry = createQueue(time, 'retry', 1080, Infinity)
  const late: Promise<unknown>[] = []
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
    const invocation = { deadline: Infinity, readDeadline: Infinity, register }
    const end = await Promise.race([handle(records, invocation, dependencies), crash.promise])
    if (end !== 'crashed') queue.settle(records, new Set(end))
  }

  const tableWith = (step: Step): RegisterTable => {
    const access = async () => {
      const mishap = await step()
      return tableFails ? mishap : undefined
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
      if (mishap === 'late') late.push(scheduler.schedule(Promise.resolve(), 'late').then(apply))
      else if (mishap !== 'refused') apply()
      if (mishap) return [{ kind: 'waiting', changes, reason: 'http_500', waitSeconds: 0, tried: true }]
      await step()
      const received = { numReceived: changes.length, numInvalid: 0, invalidSamples: {} }
      return [{ kind: 'delivered', changes, received }]
    }

  const dependenciesOf = (step: Step): ConsumerDependencies => {
    const nothing = () => undefined
    return {
      settings: { sources: [{ name: 'server', signed: false }], destinations: [DESTINATION] },
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
          lookUp: (audienceId, direction, changes, earlier) =>
            lookUp(audienceId, direction, earlier && checks.checkAfter === false ? [] : changes, earlier),
        }
      },
      uploadSessions: memorySessions(),
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
  const queues = [track, session, retry]
  while (queues.some(({ messages }) => messages.length > 0)) {
    time.now = Math.max(time.now, Math.min(...queues.map((queue) => queue.nextAt())))
    const tracked = track.receive(Infinity)
    const half = Math.ceil(tracked.length / 2)
    const running = [
      invoke(handleMerged, track, tracked.slice(0, half)),
      invoke(handleMerged, track, tracked.slice(half)),
      invoke(handleMerged, retry, retry.receive(Infinity)),
      invoke(handleSessions, session, session.receive(Infinity)),
    ]
    await scheduler.waitFor(Promise.all(running))
    await scheduler.waitFor(Promise.all(late.splice(0)))
  }
}

/** The queue message of an event that happened a second before it was received, and `at` later. */
function bodyOf({ at, add, row, inSession }: Event, index: number, receivedAt: number): string {
  const session = inSession && { session: { sessionId: String(index + 1), batchSequence: 1, lastBatch: true } }
  const lists = { [add ? 'add' : 'remove']: [{ row }] }
  const event = { messageId: String(index), name: 'E', at: receivedAt - 1_000 + at, ...lists, ...session }
  return JSON.stringify({ version: 1, source: 'server', receivedAt, events: [event] })
}
