import type { Batch } from '../audience/batch.ts'
import type { Change } from '../audience/change.ts'
import type { Outcome } from '../graph-api/delivery.ts'
import { partRemoval } from './came-back.ts'
import { UNDER_WAY_MS } from './register.ts'
import type { Reading, Register, RegisterObstacle } from './register.ts'

/** Sends changes of one audience and direction. */
type Send = (changes: readonly Change[]) => Promise<Outcome[]>

/**
 * Sends adds so that no person who was removed later is put back:
 * 1. they are written down, so that an older removal that comes late finds them;
 * 2. those that a removal of the same time or newer overtakes are not sent;
 * 3. after the sending the register is read again, for removals that came meanwhile.
 * Answers the overtaken ones as removals with the time of the first word that overtook them: they may have been sent
 * before, by an invocation that did not live to read the register again.
 */
export async function sendAdds(
  register: Register,
  audienceId: string,
  adds: readonly Change[],
  send: Send,
): Promise<{ outcomes: Outcome[]; removals: Change[] }> {
  if (!(await register.record(audienceId, 'add', adds)))
    return { outcomes: [waitFor('register_unreachable', adds)], removals: [] }
  const before = await register.lookUp(audienceId, 'remove', adds)
  const current = adds.filter((add) => !before.unread.has(add) && !isOvertaken(add, before))
  const outcomes = current.length > 0 ? await send(current) : []
  const delivered = deliveredIn(outcomes)
  const after = await register.lookUp(audienceId, 'remove', delivered, before)
  const standing = delivered.filter((add) => !after.unread.has(add) && !isOvertaken(add, after))
  outcomes.push(
    ...sendAgainLater('removal_under_way', standing, before, after),
    ...waitForUnread(before, adds),
    ...waitForUnread(after, delivered),
  )
  return { outcomes, removals: [...removalsOf(adds, before), ...removalsOf(delivered, after)] }
}

/**
 * Sends removals so that no person who came back later is taken out: they are written down before they are sent, so
 * that an older add that comes late, or is on its way, finds them; identifiers that a newer add names are left out, and
 * where none remains nothing is sent. What cannot be looked up is sent all the same, and waits to be.
 * Answers, as adds, those who came back: Meta may know them as one member with an identifier that is removed, and an
 * earlier attempt may have taken them out when the register could not be read. A removal that must be sent again is so
 * as a whole, or nobody would know any more whom it may take out.
 */
export async function sendRemovals(
  register: Register,
  { audienceId, schema }: Pick<Batch, 'audienceId' | 'schema'>,
  removals: readonly Change[],
  send: Send,
): Promise<{ outcomes: Outcome[]; adds: Change[] }> {
  const recorded = await register.record(audienceId, 'remove', removals)
  const reading = await register.lookUp(audienceId, 'add', removals)
  const wholeOf = new Map<Change, Change>()
  const adds: Change[] = []
  for (const removal of removals) {
    const { left, cameBack } = partRemoval(removal, reading.words.get(removal), schema)
    if (left) wholeOf.set(left, removal)
    adds.push(...cameBack)
  }
  const sent = wholeOf.size > 0 ? await send([...wholeOf.keys()]) : []
  const whole = (change: Change) => wholeOf.get(change) ?? change
  const outcomes = sent.map((outcome): Outcome => ({ ...outcome, changes: outcome.changes.map(whole) }))
  const delivered = deliveredIn(outcomes)
  if (recorded)
    outcomes.push(...sendAgainLater('add_under_way', delivered, reading), ...waitForUnread(reading, delivered))
  else if (delivered.length > 0) outcomes.push(waitFor('register_unreachable', delivered))
  return { outcomes, adds }
}

function deliveredIn(outcomes: readonly Outcome[]): Change[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'delivered' ? outcome.changes : []))
}

function isOvertaken(add: Change, { words }: Reading): boolean {
  return overtakingTimes(add, words).length > 0
}

// At the time of the first word that overtook them: an identifier may have come back before the next.
function removalsOf(adds: readonly Change[], { words }: Reading): Change[] {
  return adds.flatMap((add) => {
    const times = overtakingTimes(add, words)
    return times.length > 0 ? [{ ...add, at: Math.min(...times) }] : []
  })
}

function overtakingTimes(add: Change, words: Reading['words']): number[] {
  return [...(words.get(add)?.newest.values() ?? [])].flatMap(({ at }) => (at >= add.at ? [at] : []))
}

function waitForUnread({ unread, obstacle }: Reading, changes: readonly Change[]): Outcome[] {
  const waiting = changes.filter((change) => unread.has(change))
  return obstacle && waiting.length > 0 ? [waitFor(obstacle, waiting)] : []
}

// What is too old to be looked up will hardly get younger, so that is a failed attempt; an outage is none.
function waitFor(obstacle: RegisterObstacle, changes: readonly Change[]): Outcome {
  const tried = obstacle === 'register_out_of_time' && ({ tried: true } as const)
  return { kind: 'waiting', changes, reason: obstacle, waitSeconds: 0, ...tried }
}

// An older word about the same person may still be on its way to Meta, and be taken after this one.
function sendAgainLater(
  reason: 'removal_under_way' | 'add_under_way',
  changes: readonly Change[],
  ...readings: readonly Reading[]
): Outcome[] {
  const again = changes.filter((change) => readings.some(({ words }) => words.get(change)?.isOlderUnderWay))
  return again.length > 0 ? [{ kind: 'waiting', changes: again, reason, waitSeconds: UNDER_WAY_MS / 1000 }] : []
}
