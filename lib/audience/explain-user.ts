import { fieldReader } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { createColumn } from './column.ts'
import type { Cell, RowSettings } from './column.ts'
import { isObject } from '../track/json-object.ts'
import { rowSchema } from './row.ts'
import { createRowContext } from './row-context.ts'

/** What became of one field. */
export type FieldExplanation = {
  field: SchemaField
  /** The value given; null if none. */
  given: unknown
  /** The text before hashing, by the field's rule, or the hash that was given; empty when the cell is blank. */
  normalised: string
  sent: Cell
  /** It is a phone number of an unknown country, which hardly matches. */
  lacksCountry?: true
}

/** Shows field by field what `createToRow` makes of a user. For anything but an object there are no fields. */
export function explainUser(settings: RowSettings, clock: () => number): (user: unknown) => FieldExplanation[] {
  const schema = rowSchema(settings)
  const columns = schema.map((field) => createColumn(field, settings))
  const contextOf = createRowContext(schema, settings.defaultCountry, clock)
  const read = fieldReader(schema)
  return (user) => {
    if (!isObject(user)) return []
    const values = read(user)
    const context = contextOf(user)
    return columns.map((column, index) => {
      const given = values[index] ?? null
      const normalised = given === null ? '' : column.normalised(given, context)
      const sent = given === null ? '' : column.cell(given, context)
      return {
        ...{ field: column.field, given, normalised: asShown(normalised), sent: sent === '' ? column.blank : sent },
        ...(sent !== '' && column.lacksCountry?.(given, context) && { lacksCountry: true }),
      }
    })
  }
}

function asShown(plain: Cell): string {
  return typeof plain === 'string' ? plain : JSON.stringify(plain)
}
