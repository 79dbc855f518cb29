import type { SchemaField } from '../../../config/schema-field.ts'
import type { JsonObject } from '../../../track/json-object.ts'
import { datePart } from '../../../track/person.ts'
import type { ColumnReader, ColumnUse } from './columns.ts'
import { isId, isSharedId } from './shared-id.ts'

/** What is taken of a row: the user as it is sent, and the text that says how old it is. */
export type ReadRow = { user: Record<string, unknown>; time: unknown }

/** Makes users of the rows of a CSV with these columns. */
export function rowReader(names: readonly string[], reader: ColumnReader): (cells: readonly string[]) => ReadRow {
  const columns = names
    .map((name, place) => ({ place, column: reader(name) }))
    .filter(({ column }) => column.use === 'fields' || column.use === 'consent' || column.use === 'time')
    .sort((one, other) => Number(isGuessed(one.column)) - Number(isGuessed(other.column)))
  return (cells) => {
    const row: ReadRow = { user: {}, time: undefined }
    for (const { place, column } of columns) take(row, column, cells[place])
    return row
  }
}

/** Makes users of JSON objects, whose keys may differ. */
export function objectReader(reader: ColumnReader): (object: JsonObject) => ReadRow {
  const known = new Map<string, ColumnUse>()
  const useOf = (name: string) => {
    const found = known.get(name) ?? reader(name)
    if (known.size < MOST_KEYS) known.set(name, found)
    return found
  }
  return (object) => {
    const row: ReadRow = { user: {}, time: undefined }
    let guessed: [ColumnUse, unknown][] | undefined
    for (const name of Object.keys(object)) {
      const column = useOf(name)
      if (isGuessed(column)) (guessed ??= []).push([column, object[name]])
      else take(row, column, object[name])
    }
    for (const [column, value] of guessed ?? []) take(row, column, value)
    return row
  }
}

/** How many keys are remembered. The same few come in every line, unless somebody makes them up. */
const MOST_KEYS = 1_000

/** A column that is called like its field comes before one that only looks like it. */
function isGuessed(column: ColumnUse): boolean {
  return column.use === 'fields' && !column.isNamedSo
}

function take(row: ReadRow, column: ColumnUse, value: unknown): void {
  if (value === undefined || value === null || value === '') return
  if (column.use === 'time') row.time = value
  else if (column.use === 'consent') row.user.consent = value
  else if (column.use === 'fields')
    for (const field of column.fields) row.user[field] ??= valueFor(field, column.fields, value)
}

/** Of a birthday, the part that a field takes. Without a date, "12" would be a day and a month: only a year is one. */
function valueFor(field: SchemaField, fields: readonly SchemaField[], value: unknown): unknown {
  if (!isPlain(value) || (isId(field) && isSharedId(value))) return {}
  const part = datePart(field, value)
  if (part !== undefined) return part
  return fields.length > 1 && (field === 'DOBM' || field === 'DOBD') ? {} : value
}

/** What is nested is no value of any field, and JSON may be nested deeper than the stack. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object') return true
  return Array.isArray(value) && value.every((item) => typeof item !== 'object')
}
