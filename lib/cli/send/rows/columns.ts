import { neededFields } from '../../../config/audience-mapping.ts'
import type { Destination } from '../../../config/destinations-schema.ts'
import { suggestField } from '../../../config/field-suggestion.ts'
import { nearestFirst } from '../../../config/nearest-name.ts'
import { canMatch, fieldOfKey } from '../../../config/schema-field.ts'
import type { SchemaField } from '../../../config/schema-field.ts'
import { isConsentKey } from '../../../track/consent.ts'
import { printable } from '../../terminal/terminal.ts'
import { UsageError } from '../../wrong-use.ts'
import { fieldsMeantBy } from './column-name.ts'

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
