import type { SchemaField } from './schema-field.ts'

/** How many sets are remembered. The rows of a source have the same few, unless somebody makes them up. */
const MOST_SETS = 1_000

/**
 * A question about a set of fields that is asked for every user. The answer for each set is remembered. A set is a
 * number; the bit `1 << place` stands for a field.
 */
export function ofFieldSet(
  fields: readonly SchemaField[],
  answer: (present: readonly SchemaField[]) => boolean,
): (bits: number) => boolean {
  const known = new Map<number, boolean>()
  return (bits) => {
    const remembered = known.get(bits)
    if (remembered !== undefined) return remembered
    const found = answer(fields.filter((_, place) => (bits & (1 << place)) !== 0))
    if (known.size < MOST_SETS) known.set(bits, found)
    return found
  }
}
