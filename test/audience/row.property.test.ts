import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/long.ts'
import { explainUser } from '../../lib/audience/explain-user.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import { createToRow, rowSchema } from '../../lib/audience/row.ts'
import type { RowSettings } from '../../lib/audience/column.ts'
import { SCHEMA_FIELDS } from '../../lib/config/schema-field.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { clock } from './one-field.ts'

const FIELDS = Object.keys(SCHEMA_FIELDS) as SchemaField[]
const HASH = /^(?:[0-9a-f]{64})?$/
const NOTHING = createHash('sha256').digest('hex')

const likelyText = fc.constantFrom(
  ...[' Mary@Example.com', '+44 (0)20 7946 0958', '020 7946 0958', 'US', 'gb', 'New York', '94035-1234', 'f', '1990'],
  ...['July', NOTHING, NOTHING.replace('e', 'a').toUpperCase(), 'LDU', '0', '-1', '\ud800', '', ' ', '00000000-0000'],
)
const value: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: fc.jsonValue({ noUnicodeString: false }), weight: 3 },
  { arbitrary: likelyText, weight: 3 },
  fc.double(),
  fc.constantFrom(undefined, NaN, Infinity, 10n),
)
const key = fc.oneof(
  fc.constantFrom(...FIELDS, ...FIELDS.flatMap((field) => SCHEMA_FIELDS[field].aliases)),
  fc.constantFrom(...FIELDS.map((field) => field.toLowerCase()), '__proto__', 'constructor'),
  fc.string(),
)
const user = fc.oneof(
  { arbitrary: fc.array(fc.tuple(key, value)).map((entries) => Object.fromEntries(entries) as unknown), weight: 9 },
  value,
)
const settings: fc.Arbitrary<RowSettings> = fc.record(
  {
    userSchema: fc.uniqueArray(fc.constantFrom(...FIELDS), { minLength: 1 }),
    isHashRequired: fc.boolean(),
    disableFormat: fc.boolean(),
    isValueBasedAudience: fc.boolean(),
    defaultCountry: fc.constantFrom('us', 'GB', 'de', undefined),
    limitedDataUse: fc.constantFrom(true as const, { country: 1, state: 1000 }, undefined),
  },
  { requiredKeys: ['userSchema', 'isHashRequired', 'disableFormat', 'isValueBasedAudience'] },
)

function always(check: (settings: RowSettings, user: unknown) => void): void {
  fc.assert(
    fc.property(settings, user, (some, somebody) => {
      check(some, somebody)
    }),
    { numRuns: runs(3_000) },
  )
}

describe('whatever the settings and the user,', () => {
  it('there is a row as long as the schema, or a reason', () => {
    always((some, somebody) => {
      const result = createToRow(some, clock)(somebody)
      if ('row' in result) expect(result.row.cells).toHaveLength(rowSchema(some).length)
      else expect(['no_usable_value', 'cannot_match', 'not_an_object']).toContain(result.dropped)
    })
  })

  it('a hashed cell is a SHA-256 in lower case or empty, and never the hash of nothing', () => {
    always((some, somebody) => {
      const result = createToRow(some, clock)(somebody)
      if (!('row' in result)) return
      for (const [index, field] of rowSchema(some).entries()) {
        if (!SCHEMA_FIELDS[field].hashed) continue
        expect(result.row.cells[index]).toMatch(HASH)
        expect(result.row.cells[index]).not.toBe(NOTHING)
      }
    })
  })

  it('a row has one identifier for each field that names a person alone, or one for the row', () => {
    always((some, somebody) => {
      const result = createToRow(some, clock)(somebody)
      if (!('row' in result)) return
      const { cells, identifiers } = result.row
      for (const identifier of identifiers) expect(identifier).toMatch(/^[1234f][0-9a-f]{15}$/)
      const named = rowSchema(some).filter(
        (field, index) => ['EMAIL', 'PHONE', 'MADID', 'EXTERN_ID'].includes(field) && cells[index] !== '',
      )
      expect(identifiers).toHaveLength(Math.max(1, named.length))
      expect(identifiers.some((identifier) => identifier.startsWith('f'))).toBe(named.length === 0)
      expect(identifiersOf(rowSchema(some), cells), 'the same as when the row is read again').toEqual(identifiers)
    })
  })

  it('the same builder gives the same row again', () => {
    always((some, somebody) => {
      const build = createToRow(some, clock)
      expect(build(somebody)).toEqual(build(somebody))
    })
  })

  it('the row is the hash of what is explained', () => {
    always((some, somebody) => {
      const result = createToRow(some, clock)(somebody)
      const explained = explainUser(some, clock)(somebody)
      if (!('row' in result)) return
      expect(explained.map(({ sent }) => sent)).toEqual(result.row.cells)
      for (const { field, normalised, sent } of explained) {
        if (!SCHEMA_FIELDS[field].hashed || normalised === sent) continue
        expect(sent).toBe(createHash('sha256').update(normalised, 'utf8').digest('hex'))
      }
    })
  })

  it('a field is reported only if it is blank, or a phone number of no known country', () => {
    always((some, somebody) => {
      const { reports } = createToRow(some, clock)(somebody)
      const blank = explainUser(some, clock)(somebody).filter(({ normalised }) => normalised === '')
      for (const { field, reason } of reports)
        if (reason !== 'phone_without_country') expect(blank.map((explained) => explained.field)).toContain(field)
    })
  })
})
