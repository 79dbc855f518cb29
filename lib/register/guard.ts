import type { Batch } from '../audience/batch.ts'
import type { Change } from '../audience/change.ts'
import { onlyKnownBy } from '../audience/identifiers.ts'
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
 * Answers the overtaken ones as removals with the time of the first word that overtook them: they may have been sent
 * before, by an invocation that did not live to read the register again.
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
 * that an older add that comes late, or is on its way, finds them; identifiers that a newer add names are left out of
 * them, and where none remains nothing is sent. When the register cannot be reached they are sent all the same, and wait
 * to be written down too.
 * Answers, as adds, those who came back under one identifier while another of theirs is removed: Meta may know both as
 * one member. A removal that must be sent again is so as a whole, or nobody would know any more whom it may take out.
 */
export async function sendRemovals(
  register: Register,
  { audienceId, schema }: Pick<Batch, 'audienceId' | 'schema'>,
  removals: readonly Change[],
  send: Send,
): Promise<{ outcomes: Outcome[]; adds: Change[] }> {
  const recorded = await register.record(audienceId, 'remove', removals)
  const newer = await register.lookUp(audienceId, 'add', removals)
  const wholeOf = new Map<Change, Change>()
  const adds: Change[] = []
  for (const removal of removals) {
    const word = newer?.get(removal)
    if (!word || word.at <= removal.at) {
      wholeOf.set(removal, removal)
      continue
    }
    const cameBack = (identifier: string) => (word.times.get(identifier) ?? -Infinity) > removal.at
    const left = removal.identifiers.filter((identifier) => !cameBack(identifier))
    if (left.length === 0) continue
    wholeOf.set(knownBy(left, schema, removal), removal)
    // Each at its own time: an identifier that came back earlier may have been removed again since.
    for (const [at, back] of Map.groupBy(
      removal.identifiers.filter(cameBack),
      (each) => word.times.get(each) ?? word.at,
    ))
      adds.push({ ...knownBy(back, schema, removal), at })
  }
  const sent = wholeOf.size > 0 ? await send([...wholeOf.keys()]) : []
  const whole = (change: Change) => wholeOf.get(change) ?? change
  const outcomes = sent.map((outcome): Outcome => ({ ...outcome, changes: outcome.changes.map(whole) }))
  const delivered = outcomes.flatMap((outcome) => (outcome.kind === 'delivered' ? outcome.changes : []))
  if (delivered.length > 0 && !(recorded && newer)) outcomes.push(unreachable(delivered))
  return { outcomes, adds }
}

function knownBy(identifiers: string[], schema: Batch['schema'], { cells, at, firstFailedAt }: Change): Change {
  const cut = { identifiers, cells: onlyKnownBy(identifiers, schema, cells), at }
  return firstFailedAt === undefined ? cut : { ...cut, firstFailedAt }
}

function isOvertaken(add: Change, words: ReadonlyMap<Change, OtherWord>): boolean {
  return (words.get(add)?.at ?? -Infinity) >= add.at
}

// At the time of the first word that overtook them: an identifier may have come back before the next.
function removalsOf(adds: readonly Change[], words: ReadonlyMap<Change, OtherWord>): Change[] {
  return adds.flatMap((add) => {
    const overtaking = [...(words.get(add)?.times.values() ?? [])].filter((at) => at >= add.at)
    return overtaking.length > 0 ? [{ ...add, at: Math.min(...overtaking) }] : []
  })
}

function unreachable(changes: readonly Change[]): Outcome {
  return { kind: 'waiting', changes, reason: 'register_unreachable', waitSeconds: 0 }
}

// An older removal of the same person may still be on its way to Meta and arrive after this add.
function sendAgainLater(changes: readonly Change[]): Outcome {
  return { kind: 'waiting', changes, reason: 'removal_under_way', waitSeconds: UNDER_WAY_MS / 1000 }
}
