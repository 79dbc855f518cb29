import type { Change } from '../audience/change.ts'
import { onlyKnownBy, withoutDetails } from '../audience/identifiers.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { concat, lastWord } from './last-word.ts'
import type { LastWord, Words } from './last-word.ts'

/** Rows at hand, for one audience and with the same columns. */
type Hand = { schema: readonly SchemaField[]; add: readonly Change[]; remove: readonly Change[] }

/** What is sent of these rows: first all removals of the audience, then its adds. */
export type ToSend = { remove: Change[]; add: Change[] }

/** What is sent of all rows at hand of one audience, by the last word about each person. */
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
 * The part of a removal that is sent: without the identifiers that came back since, or nothing if none is left. Meta
 * may know all of them as one person. So those that stay are added again behind it, unless adds at hand name all of
 * them.
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
  // All of them in one row: a later removal by one of them must find the others.
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

/** The adds at hand that must be compared with other adds, because they carry a value. */
export function comparedIn(hands: readonly Hand[]): Iterable<Change> {
  return concat(...hands.filter(carriesValues).map(({ add }) => add))
}

/** Whether the rows carry a value. Then the newest value counts, so adds are compared with adds. */
export function carriesValues({ schema }: Pick<Hand, 'schema'>): boolean {
  return schema.includes('LOOKALIKE_VALUE')
}

// Each erasure has a row of its own, so that each can be proven.
function rowKey({ cells: [first = '', ...others], erasure }: Change): string {
  if (erasure !== undefined) return JSON.stringify([first, ...others, { erasure }])
  return others.length === 0 && typeof first === 'string' ? first : JSON.stringify([first, ...others])
}

/** The newest of the changes with the same key; of equally new ones the last. */
function newestOfEach(changes: readonly Change[], keyOf: (change: Change) => string): Change[] {
  const byKey = new Map<string, Change>()
  for (const change of changes) {
    const key = keyOf(change)
    const known = byKey.get(key)
    if (!known || known.at <= change.at) byKey.set(key, change)
  }
  return [...byKey.values()]
}
