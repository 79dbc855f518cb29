import { createNearMiss, lettersOf, slipsIn } from './nearest-name.ts'
import { SCHEMA_FIELDS } from './schema-field.ts'
import type { SchemaField } from './schema-field.ts'

/** A shorter unknown name is rather another word than a field with a wrong letter. */
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
 * The field that was probably meant by an unknown key: `emial` and `email_address` mean EMAIL, `first_name` means FN.
 * Undefined if the key looks like no field, because it may be personal data.
 */
export function suggestField(key: string): SchemaField | undefined {
  return meantField(key)
}
