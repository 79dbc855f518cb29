import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SCHEMA_FIELDS } from '../../lib/config/schema-field.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { FIELD_CASES } from './fields.ts'
import type { FieldCase } from './fields.ts'
import { schemaOf } from './one-field.ts'

describe.each(Object.entries(FIELD_CASES) as [SchemaField, readonly FieldCase[]][])('%s', (field, cases) => {
  const column = schemaOf(field)

  it.each(
    cases.map(([given, normalised, country = '']) => {
      const where = country === '' ? '' : ` in ${country}`
      return { title: JSON.stringify(given) + where, given, normalised, country }
    }),
  )('$title means "$normalised"', ({ given, normalised, country }) => {
    const hash = createHash('sha256').update(normalised, 'utf8').digest('hex')
    expect(column.normalised(given, country)).toBe(normalised)
    expect(column.cell(given, country)).toBe(normalised === '' || !SCHEMA_FIELDS[field].hashed ? normalised : hash)
  })

  it.each([undefined, null, ''])('%j is nothing given: blank, and not reported', (given) => {
    expect(column.cell(given)).toBe('')
    expect(column.reports(given)).toEqual([])
  })

  it.each([{}, { a: 1 }, [], ['a@b.de']])('%j is no single value: blank, and reported', (given) => {
    expect(column.cell(given)).toBe('')
    expect(column.reports(given)).toEqual([{ field, reason: 'unusable_value' }])
  })
})

it('has a table for every text field', () => {
  const texts = Object.entries(SCHEMA_FIELDS).filter(([, { identifies }]) => identifies !== 'none')
  expect(Object.keys(FIELD_CASES).sort()).toEqual(texts.map(([field]) => field).sort())
})
