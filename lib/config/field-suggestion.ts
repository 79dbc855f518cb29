import { editDistance, lettersOf } from './nearest-name.ts'
import { SCHEMA_FIELDS, type SchemaField } from './schema-field.ts'

/** A longer key is no slip of the pen. */
const LONGEST_KEY = 40
/** Everything is near to a shorter name; and names that are none of Meta's are other words with a letter changed. */
const SHORTEST_NAME = 4
const SHORTEST_MISTAKEN = 6
/** From this length on, two slips still leave a word that looks like no other. */
const LONG_NAME = 8

const FIELDS = Object.keys(SCHEMA_FIELDS) as SchemaField[]

/** Every name that a key may have been meant as, in small letters, with how many slips still lead to it. */
const NAMES: readonly { letters: string; field: SchemaField; slips: number }[] = FIELDS.flatMap((field) => {
  const { aliases, mistaken } = SCHEMA_FIELDS[field]
  const named = (shortest: number) => (name: string) => {
    const letters = lettersOf(name)
    const slips = letters.length < shortest ? 0 : letters.length < LONG_NAME ? 1 : 2
    return { letters, field, slips }
  }
  return [...[field, ...aliases].map(named(SHORTEST_NAME)), ...mistaken.map(named(SHORTEST_MISTAKEN))]
})
const FIELD_OF_NAME = new Map(NAMES.map(({ letters, field }) => [letters, field]))

/**
 * The field that somebody meant by a key which is none: `emial` and `email_address` are EMAIL, `first_name` is FN.
 * Undefined where the key looks like no field, because it may then be personal data.
 */
export function suggestField(key: string): SchemaField | undefined {
  if (key.length > LONGEST_KEY) return undefined
  const letters = lettersOf(key)
  const meant = FIELD_OF_NAME.get(letters)
  return (
    meant ??
    NAMES.find((name) => name.slips > 0 && editDistance(letters, name.letters, name.slips) <= name.slips)?.field
  )
}
