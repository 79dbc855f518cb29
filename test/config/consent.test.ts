import { describe, expect, test } from 'vitest'
import { parseDestinations } from '../../lib/config/destinations.ts'
import { aDestination } from '../support/settings.ts'

const parse = (...consents: unknown[]) =>
  parseDestinations({
    sources: [{ name: 'server' }],
    destinations: consents.map((consent, index) =>
      aDestination({ name: `d${index}`, ...(consent !== undefined && { consent }) }),
    ),
  })
const problemsOf = (...consents: unknown[]) => {
  const parsed = parse(...consents)
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`)
}
const warningsOf = (...consents: unknown[]) => {
  const parsed = parse(...consents)
  return parsed.ok ? parsed.warnings.map(({ path, message }) => `${path} ${message}`) : problemsOf(...consents)
}
const parsedConsent = (consent: unknown) => {
  const parsed = parse(consent)
  return parsed.ok ? parsed.destinations.destinations[0]?.consent : undefined
}

test('consent asks for categories, and by default drops people of whom nothing is known and removes nobody', () => {
  expect(parsedConsent({ categories: ['advertising'] })).toEqual({
    ...{ categories: ['advertising'], unknown: 'drop', onDenial: 'keep' },
  })
  const all = { categories: ['C0004', 'C0002'], unknown: 'send', onDenial: 'remove' }
  expect(parsedConsent(all)).toEqual(all)
})

test('a destination without consent has none', () => {
  expect(parse(undefined)).toMatchObject({ ok: true, warnings: [] })
  expect(parsedConsent(undefined)).toBeUndefined()
})

describe('a mistake is told by its path, with what to do', () => {
  test.each<[what: string, consent: unknown, problem: RegExp]>([
    ['no categories', {}, /^destinations\.0\.consent\.categories is missing/],
    ['an empty list', { categories: [] }, /consent\.categories needs at least one category, such as "advertising"/],
    ['a text', { categories: 'advertising' }, /consent\.categories must be a list .* \["advertising"\]/],
    ['numbers', { categories: [4] }, /consent\.categories\.0 must be the name of a category in quotes/],
    ['a blank name', { categories: [' '] }, /consent\.categories\.0 the name of a category may not be blank/],
    ['a name twice', { categories: ['a', 'b', 'a'] }, /consent\.categories names "a" twice/],
    ['blanks around a name', { categories: ['ads '] }, /consent\.categories has blanks around "ads "; write "ads"/],
    ['two names that differ by case', { categories: ['ads', 'Ads'] }, /names "ads" and "Ads", which differ by case/],
    ['an unknown word', { categories: ['a'], unknown: 'keep' }, /consent\.unknown must be "drop" or "send"/],
    ['an unknown action', { categories: ['a'], onDenial: 'drop' }, /consent\.onDenial must be "keep" or "remove"/],
    ['a misspelt key', { categorys: ['a'] }, /consent\.categorys is not a setting; .* write "categories"/],
    ['another key', { categories: ['a'], strategy: 'and' }, /consent\.strategy is not a setting/],
    ['the name alone', 'ads', /^destinations\.0\.consent must be an object: \{"categories":\["ads"\]\}/],
    ['a list alone', ['ads'], /^destinations\.0\.consent must be an object: \{"categories":\["ads"\]\}/],
    ['an empty list alone', [], /consent must be an object: \{"categories": \["advertising"\]\}/],
    ['true', true, /^destinations\.0\.consent must be an object: \{"categories": \["advertising"\]\}/],
  ])('%s', (_, consent, problem) => {
    const problems = problemsOf(consent)
    expect(problems.filter((each) => problem.test(each))).toHaveLength(1)
  })

  test('a list in place of the object is one problem', () => {
    expect(problemsOf(['ads'])).toHaveLength(1)
  })
})

describe('settings that can be used, and are probably not meant, are warned of', () => {
  test('a name in another case than elsewhere', () => {
    expect(warningsOf({ categories: ['Advertising'] }, { categories: ['advertising'] })).toEqual([
      expect.stringMatching(
        /^destinations\.1\.consent\.categories names "advertising", and destinations\.0\.consent\.categories "Advertising"; case matters/,
      ),
    ])
  })

  test('the same names in several destinations are what most people have', () => {
    expect(warningsOf({ categories: ['ads', 'b'] }, { categories: ['ads'] }, undefined)).toEqual([])
  })
})

describe('a destination that removes whoever denies', () => {
  const withSchema = (userSchema: string[], userFields: object = {}) => {
    const consent = { categories: ['ads'], onDenial: 'remove' }
    const parsed = parseDestinations({
      sources: [{ name: 'server' }],
      destinations: [aDestination({ userSchema, userFields, consent })],
    })
    return parsed.ok ? parsed.warnings : parsed.problems
  }

  test('must know people by a field that names one', () => {
    expect(withSchema(['FN', 'LN'])).toEqual([
      {
        path: 'destinations.0.consent.onDenial',
        message: expect.stringMatching(/^cannot remove anybody, .* add EMAIL, PHONE, MADID or EXTERN_ID/) as string,
      },
    ])
  })

  test('is warned where calls do not say that field, until userFields says where', () => {
    expect(withSchema(['EXTERN_ID'])).toMatchObject([
      {
        path: 'destinations.0.consent.onDenial',
        message: expect.stringContaining('{"EXTERN_ID": ["userId"]}') as string,
      },
    ])
    expect(withSchema(['EXTERN_ID'], { EXTERN_ID: ['userId'] })).toEqual([])
    expect(withSchema(['EMAIL', 'EXTERN_ID'])).toEqual([])
  })
})
