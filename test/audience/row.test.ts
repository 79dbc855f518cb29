import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createToRow, rowSchema } from '../../lib/audience/row.ts'
import type { RowSettings } from '../../lib/audience/column.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { clock, settings } from './one-field.ts'

const MARY = 'f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79'
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

function build(user: unknown, userSchema: readonly SchemaField[], other: Partial<RowSettings> = {}) {
  return createToRow(settings(userSchema, other), clock)(user)
}

describe('a row', () => {
  it("is the seed's own example, hashed", () => {
    expect(build({ EMAIL: 'name1@abc.com', FN: 'name1' }, ['EMAIL', 'FN'])).toEqual({
      row: {
        cells: [sha256('name1@abc.com'), sha256('name1')],
        identifiers: [`1${sha256('name1@abc.com').slice(0, 15)}`],
      },
      reports: [],
    })
  })

  it('has the order of the schema, whatever the order of the user', () => {
    const user = { FN: 'Mary', EXTERN_ID: '7', EMAIL: 'mary@example.com' }
    expect(build(user, ['EMAIL', 'FN', 'EXTERN_ID'])).toMatchObject({ row: { cells: [MARY, sha256('mary'), '7'] } })
    expect(build(user, ['EXTERN_ID', 'EMAIL', 'FN'])).toMatchObject({ row: { cells: ['7', MARY, sha256('mary')] } })
  })

  it('takes keys in any case and by their aliases', () => {
    const user = { email: 'mary@example.com', Mobile_Advertiser_Id: 'ABC', fn: 'Mary', other: 'ignored' }
    expect(build(user, ['EMAIL', 'MADID', 'FN'])).toMatchObject({ row: { cells: [MARY, 'abc', sha256('mary')] } })
  })

  it('takes the exact key before one in another case', () => {
    const user = { email: 'john@example.com', EMAIL: 'mary@example.com' }
    expect(build(user, ['EMAIL'])).toMatchObject({ row: { cells: [MARY] } })
  })

  it('leaves a missing value empty and goes on', () => {
    expect(build({ EMAIL: 'mary@example.com', LN: null, CT: '' }, ['LN', 'EMAIL', 'CT', 'ST'])).toMatchObject({
      row: { cells: ['', MARY, '', ''] },
      reports: [],
    })
  })

  it('leaves an unusable value empty, reports it, and goes on', () => {
    const user = { EMAIL: 'nope', GEN: '?', DOBY: {}, FN: 'Mary', LN: '  ', CT: 'Rome' }
    expect(build(user, ['EMAIL', 'GEN', 'DOBY', 'FN', 'LN', 'CT'])).toMatchObject({
      row: { cells: ['', '', '', sha256('mary'), '', sha256('rome')] },
      reports: ['EMAIL', 'GEN', 'DOBY'].map((field) => ({ field, reason: 'unusable_value' })),
    })
  })

  it("uses the row's country for phones, states and zips also when it is not sent", () => {
    const user = { PHONE: '020 7946 0958', ST: 'Washington', ZIP: '12345-6789', country: 'United Kingdom' }
    expect(build(user, ['PHONE', 'ST', 'ZIP'])).toMatchObject({
      row: { cells: [sha256('442079460958'), sha256('washington'), sha256('123456789')] },
    })
  })

  it("takes national phones for the destination's country, unless the row has its own", () => {
    const settings = { defaultCountry: 'gb' }
    expect(build({ PHONE: '020 7946 0958' }, ['PHONE'], settings)).toMatchObject({
      row: { cells: [sha256('442079460958')] },
    })
    expect(build({ PHONE: '06 12 34 56 78', COUNTRY: 'FR' }, ['PHONE'], settings)).toMatchObject({
      row: { cells: [sha256('33612345678')] },
    })
  })

  it.each(['Bharat', 'X'.repeat(600), sha256('in')])(
    "does not take a phone for the destination's country when the row's own cannot be read: %s",
    (COUNTRY) => {
      const row = build({ PHONE: '98765 43210', COUNTRY }, ['PHONE'], { defaultCountry: 'us' })
      expect(row).toMatchObject({ row: { cells: [sha256('9876543210')] } })
    },
  )

  it('leaves out whole numbers that JSON has rounded to those of somebody else', () => {
    const user = JSON.parse('{"EXTERN_ID":1790012345678901231,"EMAIL":"a@example.com"}') as Record<string, unknown>
    expect(build(user, ['EXTERN_ID', 'EMAIL'])).toMatchObject({
      row: { cells: ['', sha256('a@example.com')] },
      reports: [{ field: 'EXTERN_ID', reason: 'unusable_value' }],
    })
    expect(build({ EXTERN_ID: Number.MAX_SAFE_INTEGER }, ['EXTERN_ID'])).toMatchObject({
      row: { cells: ['9007199254740991'] },
    })
  })

  it('refuses birth years after this one, by the clock', () => {
    const inYear = (year: number) => createToRow(settings(['DOBY', 'EXTERN_ID']), () => Date.UTC(year, 0, 1))
    const user = { DOBY: '2026', EXTERN_ID: 'x' }
    expect(inYear(2025)(user)).toMatchObject({ row: { cells: ['', 'x'] } })
    expect(inYear(2026)(user)).toMatchObject({ row: { cells: [sha256('2026'), 'x'] } })
  })

  it('refuses texts longer than anything real, which would take minutes to compose', () => {
    const marks = `a${'\u0301\u0316'.repeat(1_000_000)}`
    const fields = ['EMAIL', 'FN', 'CT', 'ZIP', 'PHONE', 'COUNTRY'] as const
    const user = { ...Object.fromEntries(fields.map((field) => [field, marks])), EXTERN_ID: '1' }
    expect(build(user, [...fields, 'EXTERN_ID'])).toMatchObject({ row: { cells: [...fields.map(() => ''), '1'] } })
  })
})

describe('a dropped row', () => {
  it.each([undefined, null, 'mary@example.com', 7, true, [], [{}]])('%j is no user', (user) => {
    expect(build(user, ['EMAIL'])).toEqual({ dropped: 'not_an_object', reports: [] })
  })

  const WEAK = ['FN', 'LN', 'FI', 'GEN', 'DOBY', 'DOBM', 'DOBD', 'CT', 'ST', 'ZIP', 'COUNTRY'] as const
  const PERSON = {
    ...{ FN: 'Ann', LN: 'Lee', FI: 'A', GEN: 'f', DOBY: '1990', DOBM: '1', DOBD: '2' },
    ...{ CT: 'Rome', ST: 'ca', ZIP: '94025', COUNTRY: 'us', EMAIL: 'ann@example.com' },
  }
  const personWith = (...fields: readonly (keyof typeof PERSON)[]) =>
    build(Object.fromEntries(fields.map((field) => [field, PERSON[field]])), ['EMAIL', ...WEAK])

  it.each(WEAK)('of %s alone, which thousands of people share, is left out', (field) => {
    expect(personWith(field)).toMatchObject({ dropped: 'cannot_match' })
    expect(personWith(field, 'EMAIL')).toHaveProperty('row')
  })

  it.each([
    ['FN', 'GEN'],
    ['LN', 'GEN'],
    ['DOBY', 'DOBM', 'DOBD'],
    ['CT', 'ST', 'ZIP', 'COUNTRY', 'GEN'],
  ] as const)('of a combination that Meta calls too broad is left out: %s, %s …', (...fields) => {
    expect(personWith(...fields)).toMatchObject({ dropped: 'cannot_match' })
  })

  it.each([
    ['FN', 'LN'],
    ['FN', 'ZIP'],
    ['LN', 'DOBY', 'DOBM', 'DOBD'],
  ] as const)('of a combination that names somebody is sent: %s, %s …', (...fields) => {
    expect(personWith(...fields)).toHaveProperty('row')
  })

  it('says of a phone number without country that it is sent as it is', () => {
    const reports = [{ field: 'PHONE', reason: 'phone_without_country' }]
    const national = { PHONE: '0171 1234567' }
    expect(build(national, ['PHONE'])).toEqual(expect.objectContaining({ row: expect.anything() as unknown, reports }))
    expect(build({ ...national, COUNTRY: 'de' }, ['PHONE'])).toMatchObject({ reports: [] })
    expect(build(national, ['PHONE'], { defaultCountry: 'DE' })).toMatchObject({ reports: [] })
    expect(build({ PHONE: '+49 171 1234567' }, ['PHONE'])).toMatchObject({ reports: [] })
    expect(build({ PHONE: sha256('491711234567') }, ['PHONE'])).toMatchObject({ reports: [] })
  })

  it.each(['16505551212', '491701234567', '44 7911 123456', 491701234567])(
    'says nothing of %s, which is a number in Meta’s own format',
    (PHONE) => {
      expect(build({ PHONE }, ['PHONE'])).toMatchObject({ reports: [] })
    },
  )

  it.each(['01711234567', '1711234567', '6505551212', 1711234567])('says it of %s, which is one at home', (PHONE) => {
    expect(build({ PHONE }, ['PHONE'])).toMatchObject({ reports: [{ reason: 'phone_without_country' }] })
  })

  it('leaves what is not UTF-8 blank, and hashes nothing wrong', () => {
    const latin1 = Buffer.from('J\xf6rg', 'latin1').toString('utf8')
    expect(build({ FN: latin1, EMAIL: 'j@example.com' }, ['EMAIL', 'FN'])).toMatchObject({
      row: { cells: [sha256('j@example.com'), ''] },
      reports: [{ field: 'FN', reason: 'invalid_encoding' }],
    })
  })

  it('leaves a text with half a surrogate pair blank, also where it is hashed as it is', () => {
    for (const disableFormat of [false, true])
      expect(build({ FN: 'J\ud800rg', EMAIL: 'j@example.com' }, ['EMAIL', 'FN'], { disableFormat })).toMatchObject({
        row: { cells: [sha256('j@example.com'), ''] },
        reports: [{ field: 'FN', reason: 'invalid_encoding' }],
      })
  })

  it('has nothing usable, and says what was wrong', () => {
    expect(build({ EMAIL: 'nope', FN: '' }, ['EMAIL', 'FN'])).toEqual({
      dropped: 'no_usable_value',
      reports: [{ field: 'EMAIL', reason: 'unusable_value' }],
    })
  })

  it('says nothing about a person but a value and data processing options', () => {
    const user = { LOOKALIKE_VALUE: 5, DATA_PROCESSING_OPTIONS: ['LDU'] }
    expect(build(user, ['EMAIL', 'LOOKALIKE_VALUE', 'DATA_PROCESSING_OPTIONS'])).toEqual({
      dropped: 'no_usable_value',
      reports: [],
    })
  })
})

describe('identifiers', () => {
  it('are every field that names one person on its own', () => {
    const user = { EMAIL: 'mary@example.com', PHONE: '+442079460958', MADID: 'AB-C', EXTERN_ID: '7', FN: 'Mary' }
    expect(build(user, ['FN', 'EMAIL', 'PHONE', 'MADID', 'EXTERN_ID'])).toMatchObject({
      row: {
        identifiers: [
          `1${MARY.slice(0, 15)}`,
          `2${sha256('442079460958').slice(0, 15)}`,
          `3${sha256('ab-c').slice(0, 15)}`,
          `4${sha256('7').slice(0, 15)}`,
        ],
      },
    })
  })

  it('are one for all that says who it is, where there is none', () => {
    const cells = [sha256('mary'), sha256('smith'), '']
    const known = JSON.stringify([
      ['FN', cells[0]],
      ['LN', cells[1]],
    ])
    expect(build({ FN: 'Mary', LN: 'Smith' }, ['FN', 'LN', 'EMAIL'])).toMatchObject({
      row: { cells, identifiers: [`f${sha256(known).slice(0, 15)}`] },
    })
  })
})

describe('values that are hashes already', () => {
  it('pass in lower case, mixed with plain ones, and are never hashed twice', () => {
    const user = { EMAIL: `  ${MARY.toUpperCase()} `, FN: 'Mary', GEN: sha256('f') }
    expect(build(user, ['EMAIL', 'FN', 'GEN'])).toMatchObject({ row: { cells: [MARY, sha256('mary'), sha256('f')] } })
  })

  it('pass under an alias', () => {
    expect(build({ EMAIL_SHA256: MARY }, ['EMAIL'])).toMatchObject({ row: { cells: [MARY] } })
  })

  it.each([NOTHING, NOTHING.toUpperCase()])('are blank when nothing was hashed: %s', (hash) => {
    const reports = [{ field: 'EMAIL', reason: 'unusable_value' }]
    expect(build({ EMAIL: hash, EXTERN_ID: 'x' }, ['EMAIL', 'EXTERN_ID'])).toMatchObject({
      row: { cells: ['', 'x'] },
      reports,
    })
  })

  it('are no hash with a digit too many or too few', () => {
    const cells = [sha256(MARY.slice(1)), sha256(`${MARY}0`)]
    expect(build({ FN: MARY.slice(1), LN: `${MARY}0` }, ['FN', 'LN'])).toMatchObject({ row: { cells } })
  })
})

describe('with isHashRequired: false', () => {
  const off = { isHashRequired: false }

  it('hashes pass, and fields that are not hashed are normalised as ever', () => {
    const user = { EMAIL: MARY.toUpperCase(), MADID: ' ABC ', EXTERN_ID: '7' }
    expect(build(user, ['EMAIL', 'MADID', 'EXTERN_ID'], off)).toMatchObject({
      row: { cells: [MARY, 'abc', '7'] },
      reports: [],
    })
  })

  it('a plain value is never sent, and reported', () => {
    expect(build({ EMAIL: 'mary@example.com', EXTERN_ID: '7' }, ['EMAIL', 'EXTERN_ID'], off)).toEqual({
      row: { cells: ['', '7'], identifiers: [`4${sha256('7').slice(0, 15)}`] },
      reports: [{ field: 'EMAIL', reason: 'not_hashed' }],
    })
  })

  it('a row of plain values is dropped', () => {
    expect(build({ EMAIL: 'mary@example.com' }, ['EMAIL'], off)).toEqual({
      dropped: 'no_usable_value',
      reports: [{ field: 'EMAIL', reason: 'not_hashed' }],
    })
  })

  it('a plain value is not sent with disableFormat either', () => {
    const both = { isHashRequired: false, disableFormat: true }
    expect(build({ EMAIL: ' mary@example.com', PHONE: MARY }, ['EMAIL', 'PHONE'], both)).toMatchObject({
      row: { cells: ['', MARY] },
      reports: [{ field: 'EMAIL', reason: 'not_hashed' }],
    })
  })
})

describe('with disableFormat: true', () => {
  const raw = { disableFormat: true }

  it.each([' Mary@Example.COM ', 'nope', 'Vale\u0301ry', ' ', 'x'.repeat(1_000)])('%j is hashed as given', (text) => {
    expect(build({ EMAIL: text, GEN: text }, ['EMAIL', 'GEN'], raw)).toMatchObject({
      row: { cells: [sha256(text), sha256(text)] },
      reports: [],
    })
  })

  it('numbers are written out, hashes pass, empty is blank, and what is not hashed is sent as given', () => {
    const user = { DOBY: 90, EMAIL: MARY.toUpperCase(), FN: '', MADID: ' ABC ', EXTERN_ID: ' 7 ' }
    expect(build(user, ['DOBY', 'EMAIL', 'FN', 'MADID', 'EXTERN_ID'], raw)).toMatchObject({
      row: { cells: [sha256('90'), MARY, '', ' ABC ', ' 7 '] },
    })
  })
})

describe('LOOKALIKE_VALUE', () => {
  it.each([
    [12.5, 12.5],
    ['12.50', 12.5],
    [0, 0],
    ['0', 0],
    [' 7 ', 7],
    ['1e3', 1000],
    [undefined, 0],
    [null, 0],
    ['', 0],
  ])('%j is sent as %j', (given, sent) => {
    expect(build({ EMAIL: 'mary@example.com', LOOKALIKE_VALUE: given }, ['EMAIL', 'LOOKALIKE_VALUE'])).toMatchObject({
      row: { cells: [MARY, sent] },
      reports: [],
    })
  })

  it.each([-1, '-1', 'many', '1,000', '0x10', true, {}, [5], '1e999'])('%j is sent as 0, and reported', (given) => {
    expect(build({ EMAIL: 'mary@example.com', LOOKALIKE_VALUE: given }, ['EMAIL', 'LOOKALIKE_VALUE'])).toMatchObject({
      row: { cells: [MARY, 0] },
      reports: [{ field: 'LOOKALIKE_VALUE', reason: 'unusable_value' }],
    })
  })
})

describe('limited data use', () => {
  const LDU = ['DATA_PROCESSING_OPTIONS', 'DATA_PROCESSING_OPTIONS_COUNTRY', 'DATA_PROCESSING_OPTIONS_STATE'] as const

  it('adds its three columns at the end of the schema', () => {
    expect(rowSchema(settings(['EMAIL'], { limitedDataUse: true }))).toEqual(['EMAIL', ...LDU])
    expect(rowSchema(settings(['EMAIL'], { limitedDataUse: undefined }))).toEqual(['EMAIL'])
  })

  it('adds only those that the schema does not have', () => {
    const schema = rowSchema(settings([LDU[2], 'EMAIL'], { limitedDataUse: true }))
    expect(schema).toEqual([LDU[2], 'EMAIL', LDU[0], LDU[1]])
  })

  it.each([
    [true as const, [['LDU'], 0, 0]],
    [{ country: 1, state: 1000 }, [['LDU'], 1, 1000]],
  ])('%j is in every row', (limitedDataUse, cells) => {
    expect(build({ EMAIL: 'mary@example.com' }, ['EMAIL'], { limitedDataUse })).toMatchObject({
      row: { cells: [MARY, ...cells] },
    })
  })

  it("gives way to a row's own values", () => {
    const own = { EMAIL: 'mary@example.com', [LDU[0]]: [], [LDU[1]]: '0', [LDU[2]]: 0 }
    expect(build(own, ['EMAIL'], { limitedDataUse: { country: 1, state: 1000 } })).toMatchObject({
      row: { cells: [MARY, [], 0, 0] },
    })
  })

  it.each([['yes'], 'LDU please', { LDU: true }, 1, [['LDU']]])('%j is no option: the default holds', (option) => {
    const user = { EMAIL: 'mary@example.com', [LDU[0]]: option }
    expect(build(user, ['EMAIL'], { limitedDataUse: true })).toMatchObject({
      row: { cells: [MARY, ['LDU'], 0, 0] },
      reports: [{ field: LDU[0], reason: 'unusable_value' }],
    })
  })

  it("is not sent for a row's own values where the schema has no columns for them", () => {
    const user = { EMAIL: 'mary@example.com', [LDU[0]]: ['LDU'], [LDU[1]]: 1 }
    expect(build(user, ['EMAIL'])).toEqual({
      row: { cells: [MARY], identifiers: [`1${MARY.slice(0, 15)}`] },
      reports: [],
    })
  })

  it('columns of the schema itself hold no option and no place, where a row has none', () => {
    expect(build({ EMAIL: 'mary@example.com' }, ['EMAIL', ...LDU])).toMatchObject({ row: { cells: [MARY, [], 0, 0] } })
  })
})
