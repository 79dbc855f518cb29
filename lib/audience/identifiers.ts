import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { Cell } from './row.ts'

/**
 * What a row is known by: `FIELD:cell` of every field that names one person on its own, or, where there is none, the
 * whole row. Two rows that share any of these mean the same person.
 */
export function identifiersOf(schema: readonly SchemaField[], cells: readonly Cell[]): string[] {
  const strong = schema.flatMap((field, index) => {
    const cell = cells[index]
    return SCHEMA_FIELDS[field].identifies === 'strong' && typeof cell === 'string' && cell !== ''
      ? [`${field}:${cell}`]
      : []
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
    if (field === undefined || SCHEMA_FIELDS[field].identifies !== 'strong' || typeof cell !== 'string') return cell
    return identifiers.includes(`${field}:${cell}`) ? cell : ''
  })
}
