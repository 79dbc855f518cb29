import { fieldReader } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { createColumn } from './column.ts'
import type { Cell, RowSettings } from './column.ts'
import { isUserObject, rowSchema } from './row.ts'
import { createRowContext } from './row-context.ts'

/**
 * What became of one field: the value given (null if none); the text before hashing by its rule (empty when blank, or
 * the hash that was given); and the cell sent.
 */
export type FieldExplanation = { field: SchemaField; given: unknown; normalised: string; sent: Cell }

/** Shows field by field what `createToRow` makes of a user; of anything but an object, nothing. */
export function explainUser(settings: RowSettings, clock: () => number): (user: unknown) => FieldExplanation[] {
  const schema = rowSchema(settings)
  const columns = schema.map((field) => createColumn(field, settings))
  const contextOf = createRowContext(schema, settings.defaultCountry, clock)
  const read = fieldReader(schema)
  return (user) => {
    if (!isUserObject(user)) return []
    const values = read(user)
    const context = contextOf(user)
    return columns.map((column, index) => {
      const given = values[index] ?? null
      const normalised = given === null ? '' : column.normalised(given, context)
      const sent = given === null ? '' : column.cell(given, context)
      return { field: column.field, given, normalised: asShown(normalised), sent: sent === '' ? column.blank : sent }
    })
  }
}

function asShown(plain: Cell): string {
  return typeof plain === 'string' ? plain : JSON.stringify(plain)
}
