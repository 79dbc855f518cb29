import { ofFieldSet } from '../config/field-set.ts'
import { LIMITED_DATA_USE_FIELDS, SCHEMA_FIELDS, canMatch, fieldReader, isAbsent } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { isObject } from '../track/json-object.ts'
import { createColumn } from './column.ts'
import type { Cell, FieldReport, RowSettings } from './column.ts'
import { identifierOf, identifierOfRow } from './identifiers.ts'
import { createRowContext } from './row-context.ts'

/** A user as Meta wants it, with the identifiers of the row: see `identifiersOf`. */
export type UserRow = { cells: Cell[]; identifiers: string[] }

export type RowResult =
  | { row: UserRow; reports: readonly FieldReport[] }
  | { dropped: 'no_usable_value' | 'cannot_match' | 'not_an_object'; reports: readonly FieldReport[] }

/** The columns sent to Meta, in order: the destination's own, then those that `limitedDataUse` adds. */
export function rowSchema(settings: RowSettings): readonly SchemaField[] {
  const { userSchema, limitedDataUse } = settings
  if (limitedDataUse === undefined) return userSchema
  return [...userSchema, ...LIMITED_DATA_USE_FIELDS.filter((field) => !userSchema.includes(field))]
}

/** Turns users into rows of one destination; `schema` are the rows' columns. */
export type RowBuilder = { schema: readonly SchemaField[]; toRow: (user: unknown) => RowResult }

const NO_REPORTS: readonly FieldReport[] = []

/**
 * Compiles a destination's settings to a function that turns a user into a row of `rowSchema`, or says why it cannot.
 * An unusable value leaves its column empty. A row is dropped if no value says something about a person, or if
 * thousands share its values (`canMatch`). Neighbours go on. It never throws, whatever JSON holds.
 *
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key": an unknown value is
 * the empty string.
 */
export function createToRow(settings: RowSettings, clock: () => number): (user: unknown) => RowResult {
  const schema = rowSchema(settings)
  const columns = schema.map((field, slot) => {
    return { slot, ...createColumn(field, settings), saysWho: SCHEMA_FIELDS[field].identifies !== 'none' }
  })
  const contextOf = createRowContext(schema, settings.defaultCountry, clock)
  const read = fieldReader(schema)
  const areEnough = ofFieldSet(schema, canMatch)

  return (user) => {
    if (!isObject(user)) return { dropped: 'not_an_object', reports: NO_REPORTS }
    const context = contextOf(user)
    let values: readonly unknown[] | undefined
    // Arrays of their final size: pushing to an empty array reserves room for sixteen, row after row.
    const cells = new Array<Cell>(columns.length)
    let identifiers: string[] | undefined
    let reports: FieldReport[] | undefined
    let present = 0
    for (const { slot, field, blank, cell: toCell, reasonForBlank, lacksCountry, saysWho } of columns) {
      // Nearly always the exact name is there. Other spellings are searched for once, for the fields that are still
      // missing.
      const exact = user[field]
      const given = isAbsent(exact) ? (values ??= read(user))[slot] : exact
      const cell = given === undefined ? '' : toCell(given, context)
      if (cell === '') {
        const reason = given === undefined ? undefined : reasonForBlank(given)
        if (reason !== undefined) (reports ??= []).push({ field, reason })
        cells[slot] = blank
        continue
      }
      cells[slot] = cell
      if (saysWho) present |= 1 << slot
      if (lacksCountry?.(given, context)) (reports ??= []).push({ field, reason: 'phone_without_country' })
      const identifier = identifierOf(field, cell)
      if (identifier === undefined) continue
      if (identifiers === undefined) identifiers = [identifier]
      else identifiers.push(identifier)
    }
    if (present === 0) return { dropped: 'no_usable_value', reports: reports ?? NO_REPORTS }
    if (identifiers === undefined && !areEnough(present))
      return { dropped: 'cannot_match', reports: reports ?? NO_REPORTS }
    identifiers ??= [identifierOfRow(schema, cells)]
    return { row: { cells, identifiers }, reports: reports ?? NO_REPORTS }
  }
}

/** What makes rows by a destination's settings, and the columns of these rows. */
export function createRowBuilder(settings: RowSettings, clock: () => number): RowBuilder {
  return { schema: rowSchema(settings), toRow: createToRow(settings, clock) }
}
