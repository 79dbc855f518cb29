import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { isGarbled } from '../track/garbled.ts'
import { hashGiven, sha256 } from './hash.ts'
import { NORMALISERS } from './normalise.ts'
import type { TextRule, ValueRule } from './normalise.ts'
import { lacksCountry } from './normalise/phone.ts'
import { LONGEST_TEXT, asText, trimmed } from './normalise/text.ts'
import type { RowContext } from './row-context.ts'

/** One value as it is sent to Meta: a hash or a text, a LOOKALIKE_VALUE, or the data processing options. */
export type Cell = string | number | readonly string[]

/** What the settings of a destination say about rows. */
export type RowSettings = {
  userSchema: readonly SchemaField[]
  isHashRequired: boolean
  disableFormat: boolean
  isValueBasedAudience: boolean
  defaultCountry?: string | undefined
  limitedDataUse?: true | { country: number; state: number } | undefined
}

/** Why a column is left blank although it was given a value. */
type BlankReason = 'not_hashed' | 'unusable_value' | 'invalid_encoding'

/** A column that is left blank although it was given a value, or a value that is sent and hardly matches anybody. */
export type FieldReport = { field: SchemaField; reason: BlankReason | 'phone_without_country' }

/** One column of a destination's schema, compiled from its settings. It turns a given value into a cell. */
export type Column = {
  field: SchemaField
  /** The cell when nothing usable was given. */
  blank: Cell
  /** The text that is hashed or sent as it is; empty when the value cannot be used. */
  normalised: (given: unknown, row: RowContext) => Cell
  /** The cell to send; empty when the value cannot be used. */
  cell: (given: unknown, row: RowContext) => Cell
  /** Why a given value became blank; undefined for a text of only spaces, which counts as not given. */
  reasonForBlank: (given: unknown) => BlankReason | undefined
  /** Whether the value is a phone number of an unknown country; undefined for any other column. */
  lacksCountry: ((given: unknown, row: RowContext) => boolean) | undefined
}

/** Compiles the column of one field. */
export function createColumn(field: SchemaField, settings: RowSettings): Column {
  const { rule, hashed } = SCHEMA_FIELDS[field]
  const mustBeHash = hashed && !settings.isHashRequired
  return {
    field,
    blank: blankCell(field, settings),
    ...cells(NORMALISERS[rule], hashed, settings),
    lacksCountry:
      rule === 'phone' && settings.isHashRequired && !settings.disableFormat ? isPhoneOfNoCountry : undefined,
    reasonForBlank: (given) => {
      if (isGarbled(given)) return 'invalid_encoding'
      const text = asText(given)
      if (typeof given === 'string' && trimmed(text) === '') return undefined
      return mustBeHash && text !== '' && hashGiven(text) === undefined ? 'not_hashed' : 'unusable_value'
    },
  }
}

function isPhoneOfNoCountry(given: unknown, { callingCountry }: RowContext): boolean {
  const text = asText(given)
  return hashGiven(text) === undefined && lacksCountry(text, callingCountry)
}

function cells(
  rule: TextRule | ValueRule,
  hashed: boolean,
  settings: RowSettings,
): Pick<Column, 'normalised' | 'cell'> {
  if ('value' in rule) return { normalised: rule.value, cell: rule.value }

  const format = settings.disableFormat ? AS_GIVEN : rule
  if (!hashed) {
    const cell = (given: unknown, row: RowContext) => format.plain(asText(given), row)
    return { normalised: cell, cell }
  }
  const { plain, hashed: toHash } = settings.isHashRequired ? format : NEVER_SENT
  const longest = settings.disableFormat ? Infinity : LONGEST_TEXT
  return {
    normalised: (given, row) => {
      const text = asText(given)
      return hashGiven(text) ?? (text.length > longest ? '' : plain(text, row))
    },
    cell: (given, row) => {
      const text = asText(given)
      return hashGiven(text) ?? (text.length > longest ? '' : toHash(text, row))
    },
  }
}

const AS_GIVEN: TextRule = { plain: (text) => text, hashed: sha256 }
const NEVER_SENT: TextRule = { plain: () => '', hashed: () => '' }

/**
 * Meta takes no empty text for data processing. So when nothing was given, the options are an empty list, and country and
 * state are 0, by which Meta locates the person itself.
 */
function blankCell(field: SchemaField, { limitedDataUse }: RowSettings): Cell {
  const place = limitedDataUse === true ? undefined : limitedDataUse
  switch (field) {
    case 'LOOKALIKE_VALUE':
      return 0
    case 'DATA_PROCESSING_OPTIONS':
      return limitedDataUse === undefined ? [] : ['LDU']
    case 'DATA_PROCESSING_OPTIONS_COUNTRY':
      return place?.country ?? 0
    case 'DATA_PROCESSING_OPTIONS_STATE':
      return place?.state ?? 0
    default:
      return ''
  }
}
