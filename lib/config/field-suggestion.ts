import { createNearMiss, lettersOf, slipsIn } from './nearest-name.ts'
import { SCHEMA_FIELDS, type SchemaField } from './schema-field.ts'

/** Names that are none of Meta's are other words with a letter changed, unless they are as long as this. */
const SHORTEST_MISTAKEN = 6

const FIELDS = Object.keys(SCHEMA_FIELDS) as SchemaField[]

const meantField = createNearMiss(
  FIELDS.flatMap((field) => {
    const { aliases, mistaken } = SCHEMA_FIELDS[field]
    return [
      ...[field, ...aliases].map((name) => [name, field] as const),
      ...mistaken.map(
        (name) => [name, field, lettersOf(name).length < SHORTEST_MISTAKEN ? 0 : slipsIn(lettersOf(name))] as const,
      ),
    ]
  }),
)

/**
 * The field that somebody meant by a key which is none: `emial` and `email_address` are EMAIL, `first_name` is FN.
 * Undefined where the key looks like no field, because it may then be personal data.
 */
export function suggestField(key: string): SchemaField | undefined {
  return meantField(key)
}
