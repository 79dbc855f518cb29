import type { Change, Direction } from '../audience/change.ts'
import type { Lot } from '../audience/lot.ts'
import type { QueueEntry } from '../track/message.ts'
import type { Held } from '../graph-api/obstacle.ts'
import { asDeadLetters, oldestFailure, partedByPatience } from './give-up.ts'
import type { Patience, Undelivered } from './give-up.ts'
import type { Outcome } from './outcome.ts'
import { packRows } from './message.ts'
import { stepFor, withJitter } from './schedule.ts'

/**
 * What became of a lot in one audience. Either it was held back before its turn, or its turn had these outcomes.
 * `isWrittenDown`: the turn wrote its rows to the log.
 */
export type Served = { lot: Lot; audienceId: string } & ({ held: Held } | TurnOutcomes)

type TurnOutcomes = { atOnce?: number; isWrittenDown?: true } & Record<Direction, readonly Outcome[]>

/** Numbers of rows by what became of them, for metrics and logs. */
type CountedRows = { direction: Direction; reason: string; count: number }

/** Where the rows of a lot go that Meta did not take. */
export type Settled = {
  lot: Lot
  audienceIds: readonly string[]
  /** Messages for the retry queue, with a delay; each is made when it is asked for. */
  retry: Iterable<QueueEntry>
  /** Messages for the dead-letter queue, each with its reason. */
  deadLetters: readonly QueueEntry[]
  waiting: readonly CountedRows[]
  waitSeconds: number
  oldestAgeSeconds: number
  givenUp: readonly CountedRows[]
}

type Settings = Patience & { random: () => number }

/** SQS delays a new message by at most this. The rest of a wait follows when the message is received. */
const MAX_DELAY_SECONDS = 900

const DIRECTIONS = ['remove', 'add'] as const

/**
 * Where the rows go that Meta did not take.
 * - Rows that may pass later wait in the retry queue. All rows of a lot for one audience have one wait. Rows that were
 *   held for the same reason in several audiences are stored once for all of them.
 * - Rows that will never pass, or were tried and have failed for too long, are dead letters.
 */
export function settle(served: readonly Served[], settings: Settings): Settled[] {
  const held = served.flatMap((each) => ('held' in each ? [each] : []))
  const together = [...Map.groupBy(held, ({ lot }) => lot).values()].flatMap((ofLot) => [
    ...Map.groupBy(ofLot, (each) => each.held.reason).values(),
  ])
  return [
    ...together.map((same) => settleHeld(same, settings)),
    ...served.flatMap((each) => ('held' in each ? [] : [settleTurn(each, settings)])),
  ]
}

function settleHeld(same: readonly { lot: Lot; audienceId: string; held: Held }[], settings: Settings): Settled {
  const [first] = same
  if (!first) throw new RangeError('Nothing is held')
  const { lot } = first
  const rows = [...lot.add, ...lot.remove]
  const audienceIds = same.map(({ audienceId }) => audienceId)
  const waitSeconds = Math.max(
    ...same.map(({ held }) => secondsOf({ kind: 'held', changes: rows, ...held }, settings.now)),
  )
  return {
    ...waitingIn(lot, audienceIds, lot, withJitter(waitSeconds, settings.random), lot.atOnce, settings),
    deadLetters: [],
    waiting: DIRECTIONS.flatMap((direction) => counted(direction, first.held.reason, lot[direction].length)),
    givenUp: [],
  }
}

function settleTurn(turn: { lot: Lot; audienceId: string } & TurnOutcomes, settings: Settings): Settled {
  const { lot, audienceId } = turn
  const { now, random } = settings
  const kept: Record<Direction, Change[]> = { add: [], remove: [] }
  const deadLetters: QueueEntry[] = []
  const waiting: CountedRows[] = []
  const givenUp: CountedRows[] = []
  const somePassed = DIRECTIONS.some((direction) => turn[direction].some(({ kind }) => kind === 'delivered'))
  let waitSeconds = 0
  for (const sent of DIRECTIONS)
    for (const outcome of heldFirst(turn[sent])) {
      if (outcome.kind === 'delivered') continue
      const { waits, over } = partedByPatience(outcome, settings)
      for (const [direction, changes] of byDirection(sent, over)) {
        givenUp.push(...counted(direction, outcome.reason, changes.length))
        deadLetters.push(...asDeadLetters(turn, direction, changes, outcome, now))
      }
      for (const [direction, changes] of byDirection(sent, waits)) {
        waiting.push(...counted(direction, outcome.reason, changes.length))
        const isFailure = outcome.kind === 'failed'
        for (const change of changes)
          kept[direction].push({
            ...change,
            ...(isFailure && { firstFailedAt: change.firstFailedAt ?? now }),
            ...(turn.isWrittenDown && { isWrittenDown: true }),
          })
      }
      if (waits.length > 0)
        waitSeconds = Math.max(waitSeconds, secondsOf({ ...outcome, changes: waits }, now, somePassed))
    }
  const wait = withJitter(waitSeconds, random)
  return { ...waitingIn(lot, [audienceId], kept, wait, turn.atOnce, settings), deadLetters, waiting, givenUp }
}

/**
 * Held rows come first. A row that Meta never answers must not come before its neighbours, or they would never get
 * their turn.
 */
function heldFirst(outcomes: readonly Outcome[]): Outcome[] {
  const isHeld = ({ kind }: Outcome) => kind === 'held'
  return [...outcomes.filter(isHeld), ...outcomes.filter((outcome) => !isHeld(outcome))]
}

/** The rows as they came: the parts of a removal become the whole removal again. */
function byDirection(sent: Direction, changes: readonly Change[]): [Direction, Change[]][] {
  const asTheyCame = changes.filter(({ whole }) => !whole)
  const removals = changes.flatMap(({ whole, singledOut }) =>
    whole ? [{ ...whole, ...(singledOut && { singledOut }) }] : [],
  )
  return [
    [sent, asTheyCame],
    ['remove', removals],
  ]
}

/**
 * How long rows wait at least: a step by their age, or longer when Meta says so. If others of the turn have passed,
 * there is no outage, and the first step is enough.
 */
function secondsOf(outcome: Undelivered, now: number, somePassed = false): number {
  if (outcome.kind === 'rejected') return 0
  const { changes, waitSeconds } = outcome
  if (outcome.kind === 'failed')
    return Math.max(waitSeconds, stepFor(somePassed ? 0 : (now - oldestFailure(changes, now)) / 1000))
  if (outcome.since === undefined) return waitSeconds
  // A new process does not know since when the reason exists, but the rows do.
  const since = Math.min(outcome.since, oldestWait(changes, now))
  return Math.max(waitSeconds, stepFor((now - since) / 1000))
}

function oldestWait(changes: readonly Change[], now: number): number {
  return changes.reduce((first, { waitingSince = now }) => Math.min(first, waitingSince), now)
}

function waitingIn(
  lot: Lot,
  audienceIds: readonly string[],
  rows: Record<Direction, readonly Change[]>,
  waitSeconds: number,
  atOnce: number | undefined,
  { now }: Settings,
) {
  const delaySeconds = Math.min(waitSeconds, MAX_DELAY_SECONDS)
  const thenWait = waitSeconds - delaySeconds
  const kept = [rows.add, rows.remove].flat()
  const waitingSince = oldestWait(kept, now)
  const head = {
    destination: lot.destination.name,
    audienceIds: [...audienceIds],
    schema: lot.schema,
    ...(thenWait > 0 && { thenWait }),
    ...(atOnce !== undefined && { atOnce }),
    waitingSince,
  }
  const retry = {
    *[Symbol.iterator]() {
      for (const message of packRows({ ...head, add: rows.add, remove: rows.remove }, now))
        yield { ...message, delaySeconds }
    },
  }
  return { lot, audienceIds, retry, waitSeconds, oldestAgeSeconds: (now - waitingSince) / 1000 }
}

function counted(direction: Direction, reason: string, count: number): CountedRows[] {
  return count > 0 ? [{ direction, reason, count }] : []
}
