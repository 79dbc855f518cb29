import type { Change } from '../audience/change.ts'
import { identifierOfKey, keyIn, onlyKnownBy, withoutDetails } from '../audience/identifiers.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { keyOf } from './entries.ts'
import type { OtherWords, Word } from './words.ts'

/** What a removal comes to: the part of it that must be sent, if any, and, as adds, those who came back since. */
type Parted = { left: Change | undefined; cameBack: Change[] }

/** An identifier that a newer add names, and the newest word that does. */
type Back = { identifier: string; word: Word }

/**
 * Parts a removal by the adds that are newer than it. Identifiers that such an add names are left out. They come back
 * each at its own time, because one that came back earlier may have been removed again since.
 */
export function partRemoval(removal: Change, adds: OtherWords | undefined, schema: readonly SchemaField[]): Parted {
  const back = removal.identifiers.flatMap((identifier): Back[] => {
    const word = adds?.newest.get(identifier)
    return word && word.at > removal.at ? [{ identifier, word }] : []
  })
  if (back.length === 0) return { left: removal, cameBack: [] }
  // Whom no cell names could not be put back, and so is not taken out.
  if (back.some(({ identifier }) => !isInCell(identifier))) return { left: undefined, cameBack: [] }
  const left = removal.identifiers.filter((identifier) => !back.some((each) => each.identifier === identifier))
  const rows = Map.groupBy(back, ({ word: { at, keys } }) => [at, ...keys].join())
  return {
    left: left.some(isInCell)
      ? { ...removal, identifiers: left, cells: onlyKnownBy(left, schema, removal.cells) }
      : undefined,
    cameBack: [...rows.values()].flatMap((row) => toAdd(row, removal, schema)),
  }
}

/**
 * Somebody who came back, as far as the removal's row can name them: not by its details, which may be another person's,
 * but to the register by everything that the add named.
 */
function toAdd(back: readonly Back[], { cells }: Change, schema: readonly SchemaField[]): Change[] {
  const [first] = back
  if (!first) return []
  const { at, keys } = first.word
  const identifiers = back.map(({ identifier }) => identifier)
  const named = identifiers.map(keyOf)
  const others = keys.filter((key) => !named.includes(key)).map(identifierOfKey)
  const known = withoutDetails(schema, onlyKnownBy(identifiers, schema, cells))
  return [{ cells: known, identifiers: [...identifiers, ...others], at }]
}

function isInCell(identifier: string): boolean {
  return keyIn(identifier) === undefined
}
