import { neededFields } from '../../../config/audience-mapping.ts'
import type { Destination } from '../../../config/destinations-schema.ts'
import { suggestField } from '../../../config/field-suggestion.ts'
import { lettersOf, nearestFirst } from '../../../config/nearest-name.ts'
import { SCHEMA_FIELDS, canMatch, fieldOfKey } from '../../../config/schema-field.ts'
import type { SchemaField } from '../../../config/schema-field.ts'
import { isConsentKey } from '../../../track/consent.ts'
import type { JsonObject } from '../../../track/json-object.ts'
import { datePart } from '../../../track/person.ts'
import { printable } from '../../terminal/terminal.ts'
import { UsageError } from '../../wrong-use.ts'

/** What is done with the values of a column. */
export type ColumnUse =
  | { use: 'fields'; fields: readonly SchemaField[]; isNamedSo: boolean }
  | { use: 'consent' }
  | { use: 'time' }
  | { use: 'ignored' }
  /** A field of Meta's that no destination of the event has. */
  | { use: 'not_in_schema'; fields: readonly SchemaField[] }
  | { use: 'unknown' }

export type ColumnWishes = {
  /** `COLUMN=FIELD`. */
  map: readonly string[]
  ignore: readonly string[]
  timeColumn?: string | undefined
}

/** Tells what a column's name means. Throws UsageError for wishes that cannot be met. */
export type ColumnReader = (name: string) => ColumnUse

/** What the columns of a file mean for the destinations of an event. Throws UsageError. */
export function columnReader(wishes: ColumnWishes, destinations: readonly Destination[]): ColumnReader {
  const needed = neededFields(destinations)
  const wished = new Map<string, ColumnUse>()
  for (const wish of wishes.map) {
    const place = wish.lastIndexOf('=')
    const name = wish.slice(0, place).trim()
    if (place < 1 || name === '')
      throw new UsageError(`--map "${wish}" must be "COLUMN=FIELD", such as "Kundennr=EXTERN_ID"`)
    wished.set(name, wishedUse(wish, wish.slice(place + 1), needed))
  }
  for (const name of wishes.ignore) wished.set(name.trim(), { use: 'ignored' })
  if (wishes.timeColumn !== undefined) wished.set(wishes.timeColumn.trim(), { use: 'time' })
  return (name) => wished.get(name) ?? usualUse(name, needed)
}

function wishedUse(wish: string, given: string, needed: readonly SchemaField[]): ColumnUse {
  if (isConsentKey(given)) return { use: 'consent' }
  const fields = given.split(',').map((each) => {
    const field = fieldOfKey(each) ?? suggestField(each.trim())
    if (field === undefined)
      throw new UsageError(`--map "${wish}": there is no field "${each}". Fields of this event: ${needed.join(', ')}`)
    if (!needed.includes(field))
      throw new UsageError(
        `--map "${wish}": no userSchema of this event's destinations has ${field}. Add it there, or take one of ${needed.join(', ')}`,
      )
    return field
  })
  return { use: 'fields', fields, isNamedSo: true }
}

function usualUse(name: string, needed: readonly SchemaField[]): ColumnUse {
  if (isConsentKey(name)) return { use: 'consent' }
  const exact = fieldOfKey(name)
  const meant = exact === undefined ? fieldsMeantBy(name) : [exact]
  if (meant.length === 0) return { use: 'unknown' }
  const fields = meant.filter((field) => needed.includes(field))
  if (fields.length === 0) return { use: 'not_in_schema', fields: meant }
  return { use: 'fields', fields, isNamedSo: exact !== undefined }
}

const BIRTH_FIELDS: readonly SchemaField[] = ['DOBY', 'DOBM', 'DOBD']
/** What people call a whole birthday, beside the name that it has in calls. */
const BIRTHDAYS: ReadonlySet<string> = new Set(['dob', 'birthdate', 'dateofbirth', 'geburtstag', 'geburtsdatum'])

/** A birthday fills three fields, and a first name two: those of which calls have it under this name, too. */
function fieldsMeantBy(name: string): readonly SchemaField[] {
  const letters = lettersOf(name)
  const all = Object.keys(SCHEMA_FIELDS) as SchemaField[]
  const traits = all.filter((field) =>
    SCHEMA_FIELDS[field].traits.some((trait: string) => lettersOf(trait.slice(trait.lastIndexOf('.') + 1)) === letters),
  )
  if (traits.length > 0) return traits
  if (BIRTHDAYS.has(letters)) return BIRTH_FIELDS
  const suggested = suggestField(name)
  if (suggested !== undefined) return [suggested]
  const part = /^(?:default address|billing|mailing)[\s_]+(.+)$/i.exec(name.trim())?.[1]
  return part === undefined ? [] : fieldsMeantBy(part)
}

/** What is wrong with the columns of a file as a whole. Throws UsageError. */
export function checkColumns(
  names: readonly string[],
  reader: ColumnReader,
  wishes: ColumnWishes,
  destinations: readonly Destination[],
): void {
  const wished = [...wishes.map.map((wish) => wish.slice(0, wish.lastIndexOf('='))), ...wishes.ignore]
  for (const each of [...wished, ...(wishes.timeColumn === undefined ? [] : [wishes.timeColumn])]) {
    const name = each.trim()
    if (!names.includes(name))
      throw new UsageError(
        `The file has no column "${name}". Its columns: ${nearestFirst(name, names, MOST_NAMED).map(printable).join(', ')}`,
      )
  }
  const [consent, otherConsent] = names.filter((name) => reader(name).use === 'consent')
  if (consent !== undefined && otherConsent !== undefined)
    throw new UsageError(
      `Both "${printable(consent)}" and "${printable(otherConsent)}" are the consent. Leave one out: --ignore "${printable(otherConsent)}"`,
    )
  const filledBy = new Map<SchemaField, { name: string; isNamedSo: boolean }>()
  for (const name of names) {
    const column = reader(name)
    if (column.use !== 'fields') continue
    for (const field of column.fields) {
      const other = filledBy.get(field)
      if (other?.isNamedSo === column.isNamedSo)
        throw new UsageError(
          `Both "${printable(other.name)}" and "${printable(name)}" look like ${field}. Say which one is: --map "${printable(other.name)}=${field}", or --ignore "${printable(name)}"`,
        )
      if (!other || column.isNamedSo) filledBy.set(field, { name, isNamedSo: column.isNamedSo })
    }
  }
  const fields = [...filledBy.keys()]
  if (!destinations.some(({ userSchema }) => canMatch(fields.filter((field) => userSchema.includes(field)))))
    throw new UsageError(
      [
        fields.length === 0 ? 'No column is one that can be sent.' : `${fields.join(', ')} alone can match nobody.`,
        `Columns: ${names.slice(0, MOST_NAMED).map(printable).join(', ')}`,
        `Say what they are, such as: --map "${printable(names[0] ?? 'Mail')}=EMAIL". Fields of this event: ${neededFields(destinations).join(', ')}`,
      ].join('\n'),
    )
}

const MOST_NAMED = 20

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
  if (!isPlain(value) || (field === 'EXTERN_ID' && isCutId(value))) return {}
  const part = datePart(field, value)
  if (part !== undefined) return part
  return fields.length > 1 && (field === 'DOBM' || field === 'DOBD') ? {} : value
}

const CUT_ID = /^\W*\d[.,]\d+e\+?\d+\s*$/i

/** A number that a spreadsheet has cut, such as 1.23457E+11: thousands have the same, and one removal would take all. */
function isCutId(value: unknown): boolean {
  return typeof value === 'string' && CUT_ID.test(value)
}

/** What is nested is no value of any field, and JSON may be nested deeper than the stack. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object') return true
  return Array.isArray(value) && value.every((item) => typeof item !== 'object')
}
