import type { Settings } from './settings.ts'

/** A value that a column may hold once it has been checked. */
export type Cell = string | number | readonly string[]

type CellCheck = (cell: unknown, settings: Settings) => string | undefined

/** One key: the column it fills, what a cell must be, how it is kept, and what else the payload must then have. */
export type SchemaKey = {
  column: string
  check: CellCheck
  kept: (cell: Cell) => Cell
  needs?: 'app_ids' | 'page_ids'
}

// Only "empty external ID" is a recorded reason; the other texts are this emulator's own.
const hashed: CellCheck = (cell, { acceptUpperCaseHex }) =>
  typeof cell === 'string' && (cell === '' || (acceptUpperCaseHex ? /^[0-9a-f]{64}$/i : /^[0-9a-f]{64}$/).test(cell))
    ? undefined
    : 'invalid hash'
const text: CellCheck = (cell) => (typeof cell === 'string' ? undefined : 'not a string')
const identifier: CellCheck = (cell) =>
  typeof cell === 'string' || Number.isSafeInteger(cell) ? undefined : 'not an identifier'
const externalId: CellCheck = (cell, settings) => (cell === '' ? 'empty external ID' : identifier(cell, settings))
const lookalikeValue: CellCheck = (cell) => {
  const number = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : cell
  return cell === '' || (typeof number === 'number' && Number.isFinite(number) && number >= 0)
    ? undefined
    : 'invalid lookalike value'
}
const processingOptions: CellCheck = (cell) =>
  cell === '' || (Array.isArray(cell) && cell.length <= 1 && cell.every((option) => option === 'LDU'))
    ? undefined
    : 'invalid data processing options'
const processingCountry: CellCheck = (cell) =>
  cell === '' || cell === 0 || cell === 1 ? undefined : 'invalid data processing country'
const processingState: CellCheck = (cell) =>
  cell === '' || cell === 0 || (Number.isInteger(cell) && (cell as number) >= 1000 && (cell as number) <= 1013)
    ? undefined
    : 'invalid data processing state'

const asGiven = (cell: Cell): Cell => cell
const lowerCase = (cell: Cell): Cell => (typeof cell === 'string' ? cell.toLowerCase() : cell)

const hash = (column: string): SchemaKey => ({ column, check: hashed, kept: lowerCase })
const plain = (column: string, check: CellCheck): SchemaKey => ({ column, check, kept: asGiven })

/** What may stand in `payload.schema`. Source: Meta's customer file guide and its custom audience users reference. */
export const SCHEMA_KEYS: ReadonlyMap<string, SchemaKey> = new Map(
  Object.entries<SchemaKey>({
    EMAIL: hash('EMAIL'),
    EMAIL_SHA256: hash('EMAIL'),
    PHONE: hash('PHONE'),
    PHONE_SHA256: hash('PHONE'),
    GEN: hash('GEN'),
    DOBY: hash('DOBY'),
    DOBM: hash('DOBM'),
    DOBD: hash('DOBD'),
    LN: hash('LN'),
    FN: hash('FN'),
    FI: hash('FI'),
    CT: hash('CT'),
    ST: hash('ST'),
    ZIP: hash('ZIP'),
    COUNTRY: hash('COUNTRY'),
    MADID: plain('MADID', text),
    MOBILE_ADVERTISER_ID: plain('MADID', text),
    EXTERN_ID: { column: 'EXTERN_ID', check: externalId, kept: String },
    UID: { ...plain('UID', identifier), needs: 'app_ids' },
    APPUID: { ...plain('APPUID', identifier), needs: 'app_ids' },
    PAGEUID: { ...plain('PAGEUID', identifier), needs: 'page_ids' },
    LOOKALIKE_VALUE: plain('LOOKALIKE_VALUE', lookalikeValue),
    DATA_PROCESSING_OPTIONS: plain('DATA_PROCESSING_OPTIONS', processingOptions),
    DATA_PROCESSING_OPTIONS_COUNTRY: plain('DATA_PROCESSING_OPTIONS_COUNTRY', processingCountry),
    DATA_PROCESSING_OPTIONS_STATE: plain('DATA_PROCESSING_OPTIONS_STATE', processingState),
  }),
)

/** The columns that name one person on their own. */
export const STRONG_COLUMNS = ['EMAIL', 'PHONE', 'MADID', 'EXTERN_ID'] as const

/** Columns that say something about a person but never who it is. */
export const DESCRIBING_COLUMNS: ReadonlySet<string> = new Set([
  'LOOKALIKE_VALUE',
  'DATA_PROCESSING_OPTIONS',
  'DATA_PROCESSING_OPTIONS_COUNTRY',
  'DATA_PROCESSING_OPTIONS_STATE',
])
