import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { Cell } from './column.ts'

/**
 * What a row is known by: `FIELD:cell` of every field that names one person on its own, or, where there is none, the
 * whole row. Two rows that share any of these mean the same person.
 */
export function identifiersOf(schema: readonly SchemaField[], cells: readonly Cell[]): string[] {
  const strong = schema.flatMap((field, index) => {
    const cell = cells[index]
    return isStrong(field) && typeof cell === 'string' && cell !== '' ? [`${field}:${cell}`] : []
  })
  return strong.length > 0 ? strong : [`ROW:${JSON.stringify(cells)}`]
}

/** The cells of a row with those identifiers left blank that are not among these. */
export function onlyKnownBy(
  identifiers: readonly string[],
  schema: readonly SchemaField[],
  cells: readonly Cell[],
): Cell[] {
  return cells.map((cell, index) => {
    const field = schema[index]
    return isStrong(field) && !identifiers.includes(`${field}:${String(cell)}`) ? '' : cell
  })
}

/** The cells of a row without its names, birthdays and places, unless these are all that it is known by. */
export function withoutDetails(schema: readonly SchemaField[], cells: readonly Cell[]): readonly Cell[] {
  if (identifiersOf(schema, cells).some((identifier) => identifier.startsWith('ROW:'))) return cells
  return cells.map((cell, index) => (identifies(schema[index]) === 'weak' ? '' : cell))
}

const KEY = 'KEY:'

/** An identifier that no cell of a row holds: only the key is known by which the register has it, as latin1 bytes. */
export function identifierOfKey(key: string): string {
  return KEY + Buffer.from(key, 'latin1').toString('base64url')
}

/** The key of such an identifier; undefined for one that a cell holds. */
export function keyIn(identifier: string): string | undefined {
  return identifier.startsWith(KEY)
    ? Buffer.from(identifier.slice(KEY.length), 'base64url').toString('latin1')
    : undefined
}

function isStrong(field: SchemaField | undefined): field is SchemaField {
  return identifies(field) === 'strong'
}

function identifies(field: SchemaField | undefined) {
  return field && SCHEMA_FIELDS[field].identifies
}
