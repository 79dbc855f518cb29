import { checkDataSource } from './data-source.ts'
import { FAULTS } from './faults.ts'
import { GraphError, invalidParameter } from './graph-error.ts'
import { isRecord } from './json.ts'
import type { UserRow } from './membership.ts'
import { SCHEMA_KEYS } from './schema-keys.ts'
import type { Cell, SchemaKey } from './schema-keys.ts'
import type { Settings } from './settings.ts'

const MAX_SAMPLES = 100
const KEY_NAMES = [...SCHEMA_KEYS.keys()].join(', ')
const BOOLEANS: readonly unknown[] = [true, false, 'true', 'false', 1, 0]

/** A payload after its checks: the rows that can be applied, and what the answer says about the others. */
type CheckedPayload = {
  schema: string | string[]
  received: number
  invalid: number
  invalidSamples: Record<string, string>
  rows: UserRow[]
}

/**
 * Checks `payload` as `/users` does: a wrong shape fails the whole request, a wrong value only its row.
 * Source: Meta's customer file guide and custom audience users reference; the error texts that are not recorded are
 * this emulator's own.
 */
export function checkedPayload(payload: unknown, settings: Settings): CheckedPayload {
  if (payload === undefined) throw invalidParameter('The parameter payload is required')
  if (!isRecord(payload)) throw invalidParameter('Param payload must be an object')
  const { schema, data } = payload
  const keys = schemaKeys(schema, settings)
  for (const key of keys) checkCompanions(key, payload)
  checkDataSource(payload.data_source)
  if (payload.is_raw !== undefined && !BOOLEANS.includes(payload.is_raw))
    throw invalidParameter('Param payload[is_raw] must be a boolean')

  if (!Array.isArray(data) || data.length === 0) throw shapeMismatch()
  if (data.length > settings.maxRows) throw new GraphError(FAULTS[settings.tooManyRows].error)

  const isSingleKey = typeof schema === 'string'
  const rows = data.map((row: unknown) => rowCells(row, keys.length, isSingleKey))
  const result = {
    received: data.length,
    invalid: 0,
    invalidSamples: {} as Record<string, string>,
    rows: [] as UserRow[],
  }
  for (const [index, row] of rows.entries()) {
    const { user, reason } = checkedRow(row, keys, settings)
    if (reason !== undefined && ++result.invalid <= MAX_SAMPLES)
      result.invalidSamples[JSON.stringify(data[index])] = reason

    if (reason === undefined || settings.applyPartlyValidRows) result.rows.push(user)
  }
  return { schema: schema as string | string[], ...result }
}

function schemaKeys(schema: unknown, { valueBased }: Settings): SchemaKey[] {
  const names: unknown[] = Array.isArray(schema) ? schema : [schema]
  if (schema === undefined || schema === '' || names.length === 0)
    throw invalidParameter('Param payload[schema] must not be empty')

  const keys = names.map((name) => {
    const key = typeof name === 'string' ? SCHEMA_KEYS.get(name) : undefined
    if (key === undefined) throw invalidParameter(`Param payload[schema] must be one of {${KEY_NAMES}}`)
    return key
  })
  // That a column may not come twice is an assumption; a client that sends one twice is in error either way.
  if (new Set(keys.map(({ column }) => column)).size < keys.length)
    throw invalidParameter('Param payload[schema] must not name a column twice')

  if (names.includes('LOOKALIKE_VALUE') && !valueBased)
    throw invalidParameter('LOOKALIKE_VALUE needs a value based audience')

  return keys
}

function checkCompanions({ column, needs }: SchemaKey, payload: Record<string, unknown>): void {
  if (needs === undefined) return
  const ids = payload[needs]
  const isEnough = Array.isArray(ids) && (needs === 'page_ids' ? ids.length === 1 : ids.length > 0)
  if (!isEnough) throw invalidParameter(`Param payload[${needs}] is required with ${column}`)
}

/** The cells of a row. A single-key schema has bare values, though one-element arrays are documented too. */
function rowCells(row: unknown, length: number, isSingleKey: boolean): readonly unknown[] {
  const given: unknown = isSingleKey && !Array.isArray(row) ? [row] : row
  if (!Array.isArray(given) || given.length !== length) throw shapeMismatch()
  return given
}

function checkedRow(
  row: readonly unknown[],
  keys: readonly SchemaKey[],
  settings: Settings,
): { user: UserRow; reason: string | undefined } {
  const user: UserRow = {}
  let reason: string | undefined
  for (const [index, { column, check, kept }] of keys.entries()) {
    const cell = row[index]
    const problem = check(cell, settings)
    if (problem !== undefined) reason ??= problem
    else if (!isBlank(cell)) user[column] = kept(cell as Cell)
  }
  // Source: Meta's data processing options page.
  if ('DATA_PROCESSING_OPTIONS_COUNTRY' in user && !('DATA_PROCESSING_OPTIONS_STATE' in user))
    reason ??= 'data processing country without state'

  return { user, reason }
}

function isBlank(cell: unknown): boolean {
  return cell === '' || (Array.isArray(cell) && cell.length === 0)
}

function shapeMismatch(): GraphError {
  return invalidParameter('Data is missing or does not match schema')
}
