import type { Change } from '../audience/change.ts'
import { onlyKnownBy, withoutDetails } from '../audience/identifiers.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { concat, lastWord } from './last-word.ts'
import type { LastWord, Words } from './last-word.ts'

/** Rows at hand, of one audience and with the same columns. */
export type Hand = { schema: readonly SchemaField[]; add: readonly Change[]; remove: readonly Change[] }

/** Of these rows, what is sent: all removals of an audience first, then its adds. */
export type ToSend = { remove: Change[]; add: Change[] }

/** What is sent of all rows at hand of one audience, as the last words about their people say. */
export function toSend(hands: readonly Hand[], log: Words): ToSend[] {
  const hand = { add: concat(...hands.map(({ add }) => add)), remove: concat(...hands.map(({ remove }) => remove)) }
  const word = lastWord(hand, log, comparedIn(hands))
  const adds = hands.map((each) => addsToSend(each, word))
  const removals = hands.map((each) =>
    newestOfEach(each.remove, rowKey).map((removal) => ({ removal, stays: word.cameBack(removal) })),
  )
  const nobodyStays = removals.every((list) => list.every(({ stays }) => stays.length === 0))
  const atHand = new Set(nobodyStays ? [] : adds.flatMap((list) => list.flatMap(({ identifiers }) => identifiers)))
  return hands.map(({ schema }, index) => ({
    add: adds[index] ?? [],
    remove: (removals[index] ?? []).flatMap(({ removal, stays }) => partToSend(removal, stays, atHand, schema)),
  }))
}

function addsToSend(hand: Hand, { stands, isOutdated }: LastWord): Change[] {
  const standing = hand.add.filter(stands)
  if (!carriesValues(hand)) return newestOfEach(standing, rowKey)
  return newestOfEach(
    standing.filter((add) => !isOutdated(add)),
    ({ identifiers }) => identifiers.join(),
  )
}

/**
 * The part of a removal that names nobody who came back since, if any is left. Meta may know them as one person, so those
 * who came back are added again behind it, by no more than the identifiers that stay, unless adds at hand name all of these.
 */
function partToSend(
  removal: Change,
  stays: readonly string[],
  atHand: ReadonlySet<string>,
  schema: readonly SchemaField[],
): Change[] {
  const { cells, identifiers } = removal
  if (stays.length === 0) return [removal]
  const leaves = identifiers.filter((identifier) => !stays.includes(identifier))
  if (leaves.length === 0) return []
  // All of them together, or a later removal by the others would leave one of them in.
  const back = stays.every((identifier) => atHand.has(identifier)) ? [] : stays
  const behind = {
    ...removal,
    cells: withoutDetails(schema, onlyKnownBy(back, schema, cells)),
    identifiers: back,
    whole: removal,
  }
  const part = { ...removal, cells: onlyKnownBy(leaves, schema, cells), identifiers: leaves, whole: removal }
  return [{ ...part, ...(back.length > 0 && { behind }) }]
}

/** The adds at hand of which a newer one with another value may be known. */
export function comparedIn(hands: readonly Hand[]): Iterable<Change> {
  return concat(...hands.filter(carriesValues).map(({ add }) => add))
}

/** Rows of which the newest value counts, so that adds are compared with adds. */
export function carriesValues({ schema }: Pick<Hand, 'schema'>): boolean {
  return schema.includes('LOOKALIKE_VALUE')
}

function rowKey({ cells: [first = '', ...others] }: Change): string {
  return others.length === 0 && typeof first === 'string' ? first : JSON.stringify([first, ...others])
}

/** Of changes with the same key the newest; of equally new ones the last. */
function newestOfEach(changes: readonly Change[], keyOf: (change: Change) => string): Change[] {
  const byKey = new Map<string, Change>()
  for (const change of changes) {
    const key = keyOf(change)
    const known = byKey.get(key)
    if (!known || known.at <= change.at) byKey.set(key, change)
  }
  return [...byKey.values()]
}
