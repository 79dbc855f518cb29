import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import type { Cell } from './column.ts'
import { sha256 } from './hash.ts'

/** A field that names one person on its own, by the table of fields (lib/config/schema-field.ts). */
type StrongField = {
  [Field in SchemaField]: (typeof SCHEMA_FIELDS)[Field]['identifies'] extends 'strong' ? Field : never
}[SchemaField]

/** The first digit of an identifier. The register keeps identifiers for months, so these digits must never change. */
const DIGITS: Readonly<Record<StrongField | 'ROW', string>> = {
  EMAIL: '1',
  PHONE: '2',
  MADID: '3',
  EXTERN_ID: '4',
  ROW: 'f',
}

/**
 * How many digits of the value's SHA-256 follow. In a crowd of a billion people, the chance that two get the same is 1
 * in 2,000.
 */
const HASH_DIGITS = 15

/**
 * The identifiers of a row: one for each field that names one person on its own. If there is none, one identifier for
 * all fields together that say something about the person. Two rows that share an identifier mean the same person.
 * An identifier is 16 hexadecimal digits: one for the field, and the beginning of the SHA-256 of the value as it is
 * sent.
 */
export function identifiersOf(schema: readonly SchemaField[], cells: readonly Cell[]): string[] {
  const strong = schema.flatMap((field, index) => identifierOf(field, cells[index] ?? '') ?? [])
  return strong.length > 0 ? strong : [identifierOfRow(schema, cells)]
}

/** Whether any of these identifiers names one person on its own. */
export function namesOnePerson(identifiers: readonly string[]): boolean {
  return identifiers.some((identifier) => !identifier.startsWith(DIGITS.ROW))
}

/** The field of an identifier; undefined if it stands for a whole row. */
export function fieldOfIdentifier(identifier: string): SchemaField | undefined {
  return Object.entries(DIGITS).flatMap(([field, digit]) =>
    field !== 'ROW' && identifier.startsWith(digit) ? [field as StrongField] : [],
  )[0]
}

/** Whether an identifier is that of this field. */
export function isOfField(identifier: string, field: SchemaField): boolean {
  return isStrong(field) && identifier.startsWith(DIGITS[field])
}

/** Those of these identifiers whose field one of the others has, too. */
export function ofSameFields(identifiers: readonly string[], others: readonly string[]): string[] {
  return identifiers.filter((identifier) => others.some((other) => other.startsWith(identifier.charAt(0))))
}

/** The identifier in one cell; undefined if the field names nobody on its own, or the cell is blank. */
export function identifierOf(field: SchemaField, cell: Cell): string | undefined {
  if (!isStrong(field) || typeof cell !== 'string' || cell === '') return undefined
  const hash = SCHEMA_FIELDS[field].hashed && cell.length === 64 ? cell : sha256(cell)
  return DIGITS[field] + hash.slice(0, HASH_DIGITS)
}

/**
 * The identifier of a row that has only names, birthday and place. Columns that say nothing about the person, such as
 * LOOKALIKE_VALUE, and the order of the columns make no difference.
 */
export function identifierOfRow(schema: readonly SchemaField[], cells: readonly Cell[]): string {
  const known = schema.flatMap((field, index) => {
    const cell = cells[index]
    return SCHEMA_FIELDS[field].identifies !== 'none' && cell !== '' ? [[field, cell]] : []
  })
  return DIGITS.ROW + sha256(JSON.stringify(known.sort())).slice(0, HASH_DIGITS)
}

/** The cells of a row, with all identifiers left blank except these. */
export function onlyKnownBy(
  identifiers: readonly string[],
  schema: readonly SchemaField[],
  cells: readonly Cell[],
): Cell[] {
  return cells.map((cell, index) => {
    const identifier = identifierOf(schema[index] ?? 'LOOKALIKE_VALUE', cell)
    return identifier !== undefined && !identifiers.includes(identifier) ? '' : cell
  })
}

/** The cells of a row, without names, birthday and place. */
export function withoutDetails(schema: readonly SchemaField[], cells: readonly Cell[]): Cell[] {
  return cells.map((cell, index) => {
    const field = schema[index]
    return field && SCHEMA_FIELDS[field].identifies === 'weak' ? '' : cell
  })
}

function isStrong(field: SchemaField): field is StrongField {
  return SCHEMA_FIELDS[field].identifies === 'strong'
}
