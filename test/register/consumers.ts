import type { SQSRecord } from 'aws-lambda'
import type { Scheduler } from 'fast-check'
import type { ConsumerDependencies } from '../../functions/consumer/dependencies.ts'
import { createConsumerHandler } from '../../functions/consumer/handler.ts'
import { createReport } from '../../functions/consumer/report.ts'
import { noJournal } from '../support/no-journal.ts'
import { createRowBuilder } from '../../lib/audience/row.ts'
import type { Cell } from '../../lib/audience/column.ts'
import type { Direction } from '../../lib/audience/change.ts'
import type { Stored } from '../../lib/aws/queue.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import type { GraphAnswer, SendRequest } from '../../lib/graph-api/client.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import type { HeadTable } from '../../lib/register/head.ts'
import type { LogTable } from '../../lib/register/log.ts'
import { createQueue } from '../functions/consumer-support.ts'
import { memoryErasures } from '../erasure/memory-erasures.ts'
import { memorySessions } from '../functions/memory-sessions.ts'
import { NOON, aToken, graphFailure, refused, taken } from '../graph-api/builders.ts'
import type { Audience } from './meta-model.ts'
import { memoryRegister } from './memory-register.ts'

/**
 * What goes wrong at a step. Steps are counted over all invocations.
 * - `crash`: the process ends before the step; `crash-after`: it ends after it
 * - `refused`: the step fails without effect
 * - `unanswered`: the step takes effect, and its answer is lost
 * - `late` (requests): the answer is lost, and the request takes effect at any time within four minutes
 * - `pause`, `throttle`, `poison` (requests): Meta refuses the request for that reason
 * - `slow`: the step takes 50 s
 */
export type Mishap = { step: number; kind: (typeof MISHAPS)[number] }
export const MISHAPS = [
  ...(['crash', 'crash-after', 'refused', 'unanswered', 'late', 'pause', 'throttle', 'poison', 'slow'] as const),
] as const

/** The invocations, one after the other: whether another one gets the same messages, and how wrong the clock is. */
export type Invocation = { twice: boolean; skewMs: number; settings: number; startsLate: boolean }

/** A rule that is taken out, to see that the promise breaks without it. */
export type Broken = 'head' | 'crashed head' | 'rest' | 'write first' | 'look-up'

/** A queue message, and the queue that it is put into. */
export type Message = { body: string; groupId?: string }

type World = {
  settings: readonly Destinations[]
  audiences: ReadonlyMap<string, Audience>
  namedIn: (schema: readonly string[], cells: readonly Cell[]) => string[]
  mishaps: readonly Mishap[]
  invocations: readonly Invocation[]
  broken?: Broken
  erasures?: ReturnType<typeof memoryErasures>
  /** What ingest does meanwhile, one after the other, at any time: it erases people, then queues their removals. */
  meanwhile?: readonly (() => Promise<readonly Message[]>)[]
}

const LATE_MS = 4 * 60_000
const VISIBILITY = { track: 1140, session: 360, retry: 1080 }

/** A promise that never resolves: an invocation that has crashed waits for it. */
const never = <T>() => new Promise<T>(() => undefined)

/**
 * Runs consumers of all three queues side by side until the queues are empty. The scheduler decides the order of all
 * their steps. Dead letters are redriven. Only steps that take time make time pass.
 */
export async function runConsumers(messages: readonly Message[], scheduler: Scheduler, world: World): Promise<void> {
  const { mishaps, broken } = world
  const time = { now: NOON }
  const late: { until: number; apply: () => void }[] = []
  const takeEffect = (request: (typeof late)[number]) => {
    if (!late.includes(request)) return
    late.splice(late.indexOf(request), 1)
    request.apply()
  }
  const pass = (ms: number) => {
    for (const request of late.filter(({ until }) => until <= time.now + ms)) takeEffect(request)
    time.now += ms
  }
  const queueTime = Object.assign(time, { slept: [], clock: () => time.now, sleep: () => Promise.resolve() })
  const track = createQueue(queueTime, 'track', VISIBILITY.track, Infinity)
  const session = createQueue(queueTime, 'session.fifo', VISIBILITY.session, Infinity)
  const retry = createQueue(queueTime, 'retry', VISIBILITY.retry, Infinity)
  const queues = [track, session, retry]
  const table = memoryRegister()
  const sessions = memorySessions()
  const erasures = world.erasures ?? memoryErasures()
  let steps = 0
  let started = 0

  /** Runs one invocation, and settles its queue unless it crashes. */
  const invoke = async (queue: (typeof queues)[number], records: readonly SQSRecord[]) => {
    const { skewMs, settings, startsLate } = world.invocations[started] ?? ORDINARY
    const id = `invocation-${(started += 1)}`
    if (startsLate) pass((VISIBILITY.session - 190) * 1000)
    const endsAt = time.now + 180_000
    const crash = Promise.withResolvers<'crashed'>()
    let isDead = false
    const isOver = () => isDead || time.now > endsAt
    const die = <T>(): Promise<T> => {
      isDead = true
      crash.resolve('crashed')
      return never()
    }
    /** One more step; `effect` is what it does, `failed` what its failure looks like. */
    const step = async <T>(effect: () => Promise<T>, failed: () => T | Promise<T>, isRequest = false): Promise<T> => {
      const mishap = mishaps.find((each) => each.step === steps)?.kind
      steps += 1
      if (isOver()) return die()
      await scheduler.schedule(Promise.resolve(), id)
      pass(1)
      if (isOver() || mishap === 'crash') return die()
      if (mishap === 'refused') return failed()
      if (mishap === 'late' && isRequest) {
        late.push({ until: time.now + LATE_MS, apply: () => void effect() })
        return failed()
      }
      const done = await effect()
      if (mishap === 'crash-after') return die()
      if (mishap === 'slow') pass(50_000)
      await scheduler.schedule(Promise.resolve(), id)
      return mishap === 'unanswered' ? failed() : done
    }
    const fails = () => Promise.reject(new Error('The table is out of reach'))
    const register: HeadTable & LogTable = {
      take: (take) =>
        step(async () => {
          const before = await table.take(broken === 'head' ? { ...take, now: Infinity } : take)
          if (!before || (broken !== 'crashed head' && broken !== 'head')) return before
          const { holder: _, ...given } = before
          return given
        }, fails),
      letGo: (...args) => step(() => table.letGo(...args), fails),
      keepForRemovals: (...args) => step(() => table.keepForRemovals(...args), fails),
      giveBack: (audienceId, holder, state) =>
        step(() => table.giveBack(audienceId, holder, broken === 'rest' ? { ...state, restUntil: 0 } : state), fails),
      append: (item) => (broken === 'write first' ? Promise.resolve() : step(() => table.append(item), fails)),
      read: async function* (...range) {
        await step(() => Promise.resolve(), fails)
        if (broken !== 'look-up') yield* table.read(...range)
      },
    }
    const clock = () => time.now + skewMs
    const people = erasures.people()
    const sleep = (ms: number) => {
      const asleep = () => {
        pass(ms)
        return Promise.resolve()
      }
      return step(asleep, () => Promise.resolve())
    }
    const send: SendRequest = ({ method, path, body }, _, timeoutMs) => {
      const { schema, data } = (JSON.parse(body) as { payload: { schema: string[]; data: Cell[][] } }).payload
      const audience = world.audiences.get(path.split('/')[2] ?? '')
      const direction: Direction = method === 'POST' ? 'add' : 'remove'
      const apply = (): Promise<GraphAnswer> => {
        for (const cells of data) audience?.apply(direction, world.namedIn(schema, cells))
        return Promise.resolve(taken(data.length))
      }
      const verdict = REFUSALS[mishaps.find((each) => each.step === steps)?.kind ?? 'crash']
      if (verdict)
        return step(
          () => Promise.resolve(refused(verdict)),
          () => refused(verdict),
        )
      const unanswered = () => {
        // Now a timeout, now a reset.
        if (steps % 2 === 0) pass(timeoutMs)
        return refused(steps % 2 === 0 ? { kind: 'timeout' } : { kind: 'network', reason: 'ECONNRESET' })
      }
      return step(apply, unanswered, true)
    }
    const nothing = () => undefined
    const destinations = world.settings[settings % world.settings.length] ?? { sources: [], destinations: [] }
    const dependencies: ConsumerDependencies = {
      settings: destinations,
      rowBuilderOf: (name) => {
        const destination = destinations.destinations.find((each) => each.name === name)
        if (!destination) throw new Error(`Nothing is named ${name}`)
        return createRowBuilder(destination, clock)
      },
      delivery: {
        send,
        token: () => aToken(),
        pauses: createPauses(clock),
        pace: createPace(clock),
        clock,
        sleep,
        random: () => 0.5,
        onCall: nothing,
      },
      register,
      erased: () => step(people.read, fails),
      noteErasure: (done) => step(() => erasures.note(done), fails),
      uploadSessions: sessions,
      sendToRetryQueue: (entries) => step<Stored>(() => retry.send(entries), STORE_FAILED),
      // An operator redrives what was given up, sooner or later.
      sendToDeadLetters: (entries) =>
        step(
          () => retry.send([...entries].map(({ body, bytes }) => ({ body, bytes, delaySeconds: 600 }))),
          STORE_FAILED,
        ),
      hideInSessionQueue: session.hide,
      hideInRetryQueue: retry.hide,
      deleteMessages: (name) => (queues.find((each) => each.name === name) ?? retry).acknowledge,
      report: createReport(nothing, nothing, noJournal),
      log: nothing,
      giveUpAfterSeconds: 60,
      clock,
      sleep,
      random: () => 0.5,
      newId: () => `${id} turn ${steps}`,
    }
    const handler = createConsumerHandler(dependencies, 'https://sqs/1/session.fifo')
    const context = { getRemainingTimeInMillis: () => endsAt - time.now }
    const end = await Promise.race([handler({ Records: [...records] }, context), crash.promise])
    if (end !== 'crashed')
      queue.settle(records, new Set(end.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)))
  }

  const erasing = (world.meanwhile ?? []).map((act) => async () => {
    await scheduler.schedule(Promise.resolve(), 'ingest')
    const found = await act()
    await scheduler.schedule(Promise.resolve(), 'ingest')
    await track.send(found.map((message) => ({ ...message, bytes: message.body.length })))
  })
  for (const message of messages)
    await (message.groupId === undefined ? track : session).send([{ ...message, bytes: message.body.length }])
  while (erasing.length > 0 || queues.some((queue) => queue.messages.length > 0)) {
    const acting = erasing.shift()?.()
    const nextAt = Math.min(...queues.map((queue) => queue.nextAt()))
    if (nextAt < Infinity) pass(Math.max(0, nextAt - time.now))
    const landing = late.map((request) => scheduler.schedule(Promise.resolve(), 'late').then(() => takeEffect(request)))
    const tracked = track.receive(Infinity)
    const half = Math.ceil(tracked.length / 2)
    const batches = [
      [track, tracked.slice(0, half)],
      [track, tracked.slice(half)],
      [retry, retry.receive(Infinity)],
      [session, session.receive(Infinity)],
    ] as const
    const running = batches.flatMap(([queue, records]) => {
      if (records.length === 0) return []
      const { twice } = world.invocations[started] ?? ORDINARY
      return Array.from({ length: twice ? 2 : 1 }, () => invoke(queue, records))
    })
    await scheduler.waitFor(Promise.all(running))
    await scheduler.waitFor(Promise.all(landing))
    if (acting) await scheduler.waitFor(acting)
  }
  for (const request of [...late]) takeEffect(request)
}

const ORDINARY: Invocation = { twice: false, skewMs: 0, settings: 0, startsLate: false }

const STORE_FAILED = (): Stored => ({ ok: false, reason: 'Unreachable' })

const REFUSALS: Partial<Record<Mishap['kind'], ReturnType<typeof graphFailure>>> = {
  pause: graphFailure(190),
  throttle: graphFailure(80003),
  poison: graphFailure(1, 99),
}
