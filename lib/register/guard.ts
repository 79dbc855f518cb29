import type { Change } from '../audience/change.ts'
import type { Outcome } from '../graph-api/delivery.ts'
import { UNDER_WAY_MS } from './register.ts'
import type { OtherWord, Register } from './register.ts'

/** Sends changes of one audience and direction. */
type Send = (changes: readonly Change[]) => Promise<Outcome[]>

/**
 * Sends adds so that no person who was removed later is put back:
 * 1. they are written down, so that an older removal that comes late finds them;
 * 2. those that a removal of the same time or newer overtakes are not sent;
 * 3. after the sending the register is read again, for removals that came meanwhile.
 * Answers the overtaken ones as removals with the time of the word that overtook them: they may have been sent before,
 * by an invocation that did not live to read the register again.
 */
export async function sendAdds(
  register: Register,
  audienceId: string,
  adds: readonly Change[],
  send: Send,
): Promise<{ outcomes: Outcome[]; removals: Change[] }> {
  const recorded = await register.record(audienceId, 'add', adds)
  const before = recorded ? await register.lookUp(audienceId, 'remove', adds) : undefined
  if (!before) return { outcomes: [unreachable(adds)], removals: [] }
  const current = adds.filter((add) => !isOvertaken(add, before))
  const outcomes = current.length > 0 ? await send(current) : []

  const delivered = outcomes.flatMap((outcome) => (outcome.kind === 'delivered' ? outcome.changes : []))
  const after = await register.lookUp(audienceId, 'remove', delivered)
  if (!after) return { outcomes: [...outcomes, unreachable(delivered)], removals: removalsOf(adds, before) }
  const repeated = delivered.filter(
    (add) => !isOvertaken(add, after) && (before.get(add)?.underWay === true || after.get(add)?.underWay === true),
  )
  if (repeated.length > 0) outcomes.push(sendAgainLater(repeated))
  return { outcomes, removals: [...removalsOf(adds, before), ...removalsOf(delivered, after)] }
}

/**
 * Sends removals so that no person who came back later is taken out: they are written down before they are sent, so
 * that an older add that comes late, or is on its way, finds them; those that a newer add overtakes are not sent.
 * When the register cannot be reached they are sent all the same, and wait to be written down too.
 */
export async function sendRemovals(
  register: Register,
  audienceId: string,
  removals: readonly Change[],
  send: Send,
): Promise<Outcome[]> {
  const recorded = await register.record(audienceId, 'remove', removals)
  const newer = await register.lookUp(audienceId, 'add', removals)
  const current = removals.filter((removal) => (newer?.get(removal)?.at ?? -Infinity) <= removal.at)
  const outcomes = current.length > 0 ? await send(current) : []
  if (recorded && newer) return outcomes
  const delivered = outcomes.flatMap((outcome) => (outcome.kind === 'delivered' ? outcome.changes : []))
  return delivered.length > 0 ? [...outcomes, unreachable(delivered)] : outcomes
}

function isOvertaken(add: Change, words: ReadonlyMap<Change, OtherWord>): boolean {
  return (words.get(add)?.at ?? -Infinity) >= add.at
}

function removalsOf(adds: readonly Change[], words: ReadonlyMap<Change, OtherWord>): Change[] {
  return adds.flatMap((add) => (isOvertaken(add, words) ? [{ ...add, at: words.get(add)?.at ?? add.at }] : []))
}

function unreachable(changes: readonly Change[]): Outcome {
  return { kind: 'waiting', changes, reason: 'register_unreachable', waitSeconds: 0 }
}

// An older removal of the same person may still be on its way to Meta and arrive after this add.
function sendAgainLater(changes: readonly Change[]): Outcome {
  return { kind: 'waiting', changes, reason: 'removal_under_way', waitSeconds: UNDER_WAY_MS / 1000 }
}
