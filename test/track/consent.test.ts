import { describe, expect, test } from 'vitest'
import { consentTo, ownConsent, readConsent } from '../../lib/track/consent.ts'

const saidOf = (context: unknown, ...categories: string[]) =>
  consentTo({ categories, unknown: 'drop', onDenial: 'keep' }, readConsent({ context }, categories)).said

const segment = (categoryPreferences: unknown) => ({ consent: { categoryPreferences } })
const rudder = (consentManagement: unknown) => ({ consentManagement })

describe('what tools send says whether a person consents', () => {
  test.each<[tool: string, context: object]>([
    ['Segment', segment({ Advertising: true, Analytics: false })],
    [
      'RudderStack’s JavaScript SDK, version 3, and its server SDKs',
      rudder({
        ...{ provider: 'custom', resolutionStrategy: 'and' },
        ...{ allowedConsentIds: ['Functional', 'Advertising'], deniedConsentIds: ['Analytics'] },
      }),
    ],
    ['its Kotlin and Swift SDKs', rudder({ allowedConsentIds: ['Advertising'], deniedConsentIds: ['Analytics'] })],
    [
      'its older OneTrust integration',
      rudder({ allowedConsents: { Advertising: 'Targeting Cookies' }, deniedConsentIds: ['Analytics'] }),
    ],
    ['its older Ketch integration', rudder({ allowedConsents: ['Advertising'], deniedConsents: ['Analytics'] })],
    [
      'ids as objects',
      rudder({ allowedConsentIds: { Advertising: true }, deniedConsentIds: { Analytics: 'Performance' } }),
    ],
  ])('%s', (_, context) => {
    expect(saidOf(context, 'Advertising')).toBe('allowed')
    expect(saidOf(context, 'Analytics')).toBe('denied')
    expect(saidOf(context, 'Social')).toBe('unknown')
  })

  test('RudderStack’s older SDKs tell denials alone: of all other categories nothing is known', () => {
    const context = rudder({ deniedConsentIds: ['C0004'] })
    expect([saidOf(context, 'C0004'), saidOf(context, 'C0001')]).toEqual(['denied', 'unknown'])
  })

  test('ids that are numbers are those of the settings, which are text', () => {
    const context = rudder({ allowedConsentIds: [1], deniedConsentIds: [2] })
    expect([saidOf(context, '1'), saidOf(context, '2')]).toEqual(['allowed', 'denied'])
  })

  test.each<[what: string, context: unknown]>([
    ['no context', undefined],
    ['an empty text as context', ''],
    ['no context but null', null],
    ['an empty object', segment({})],
    ['empty lists', rudder({ allowedConsentIds: [], deniedConsentIds: [] })],
    ['null', segment({ Advertising: null })],
    ['the category in another case', segment({ advertising: true })],
    ['null in place of lists', rudder({ allowedConsentIds: null, deniedConsentIds: null })],
  ])('%s says nothing', (_, context) => {
    expect(saidOf(context, 'Advertising')).toBe('unknown')
  })
})

describe('a person consents to a destination', () => {
  test('by allowing all of its categories', () => {
    const context = segment({ Advertising: true, Analytics: true, Social: false })
    expect(saidOf(context, 'Advertising', 'Analytics')).toBe('allowed')
    expect(saidOf(context, 'Advertising', 'Social')).toBe('denied')
    expect(saidOf(context, 'Advertising', 'Other')).toBe('unknown')
    expect(saidOf(context, 'Other', 'Social')).toBe('denied')
    expect(saidOf(segment({ Social: 'no' }), 'Other', 'Social')).toBe('unreadable')
  })

  test.each([
    [{ ...segment({ a: true }), ...rudder({ deniedConsentIds: ['a'] }) }],
    [{ ...segment({ a: false }), ...rudder({ allowedConsentIds: ['a'] }) }],
    [rudder({ allowedConsentIds: ['a'], deniedConsentIds: ['a'] })],
    [rudder({ allowedConsentIds: ['a'], deniedConsents: ['a'] })],
    [rudder({ allowedConsentIds: ['a'], allowedConsents: { a: false } })],
  ])('a denial anywhere counts before an allowance: %j', (context) => {
    expect(saidOf(context, 'a')).toBe('denied')
  })
})

describe('odd values never allow anything', () => {
  test.each<[context: object, said: string]>([
    [segment({ a: 'false' }), 'denied'],
    [segment({ a: ' False ' }), 'denied'],
    [segment({ a: 0 }), 'denied'],
    [segment({ a: 'yes' }), 'unreadable'],
    [segment({ a: 'denied' }), 'unreadable'],
    [segment({ a: 2 }), 'unreadable'],
    [segment({ a: [true] }), 'unreadable'],
    [segment({ a: { granted: true } }), 'unreadable'],
    [segment('a'), 'unreadable'],
    [segment(['a']), 'unreadable'],
    [{ consent: true }, 'unreadable'],
    [{ consentManagement: 'a' }, 'unreadable'],
    [rudder({ allowedConsentIds: 'a' }), 'unreadable'],
    [rudder({ allowedConsentIds: ['a'], deniedConsentIds: 'all' }), 'unreadable'],
    [rudder({ allowedConsentIds: ['a'], deniedConsentIds: [{ id: 'a' }] }), 'unreadable'],
    [rudder({ allowedConsents: { a: { name: 'Functional' } } }), 'unreadable'],
    ...['denied', 'no', 'Not granted', 'opt-out', 'opted_out', 'disallowed', 'withdrawn', 'unset'].flatMap(
      (word): [object, string][] => [
        [rudder({ allowedConsents: { a: word } }), 'unreadable'],
        [rudder({ allowedConsentIds: { a: word } }), 'unreadable'],
      ],
    ),
    [rudder({ allowedConsents: { a: 'Functional' } }), 'allowed'],
    [rudder({ allowedConsents: { a: '1' } }), 'allowed'],
    [rudder({ allowedConsentIds: { a: 'FALSE' } }), 'denied'],
    [rudder({ deniedConsentIds: { a: false } }), 'denied'],
    [rudder({ deniedConsentIds: { a: null } }), 'denied'],
  ])('%j is %s', (context, said) => {
    expect(saidOf(context, 'a')).toBe(said)
  })

  test.each<[context: object, said: string]>([
    [segment({ Advertising: false }), 'unreadable'],
    [segment({ ' ADVERTISING ': 'false' }), 'unreadable'],
    [rudder({ deniedConsentIds: ['ADVERTISING'] }), 'unreadable'],
    [rudder({ deniedConsents: { 'advertising ': 'Ads' } }), 'unreadable'],
    [segment({ Advertising: true }), 'unknown'],
    [rudder({ allowedConsentIds: ['Advertising'] }), 'unknown'],
    [segment({ Advertising: 'no' }), 'unreadable'],
    [segment({ Advertising: false, advertising: true }), 'unreadable'],
    [segment({ advertising: true, 'advertising ': 'FALSE' }), 'unreadable'],
    [segment({ Advertising: true, advertising: false }), 'denied'],
    [segment({ Advertising: true, advertising: true }), 'allowed'],
    [rudder({ allowedConsentIds: ['advertising'], deniedConsentIds: ['Advertising'] }), 'unreadable'],
    [rudder({ allowedConsents: { advertising: true }, deniedConsents: { Advertising: 'Ads' } }), 'unreadable'],
    [{ consent: { advertising: false } }, 'unreadable'],
    [{ consent: { category_preferences: { advertising: false } } }, 'unreadable'],
    [rudder({ denied: ['advertising'] }), 'unreadable'],
    [{ consent: {} }, 'unknown'],
    [rudder({ enabled: true, provider: 'oneTrust', resolutionStrategy: 'and' }), 'unknown'],
  ])(
    'a denial under another name or in another place may be meant, an allowance is not taken: %j is %s',
    (context, said) => {
      expect(saidOf(context, 'advertising')).toBe(said)
    },
  )

  test.each(['Advertising', ['Advertising'], true, 1])('a context that is %j may say anything', (context) => {
    expect(saidOf(context, 'Advertising')).toBe('unreadable')
  })

  test.each(['TRUE', 'True', ' true', '1 ', 'yes'])('%j is not exactly true, so it allows nothing', (value) => {
    expect(saidOf(segment({ a: value }), 'a')).toBe('unreadable')
    expect(ownConsent({ consent: value })).toBe('unreadable')
  })

  test('where and in which words a denial is said is told, and of texts and lists only what they are', () => {
    const wordsOf = (context: object) => {
      const { field, given } = consentTo(
        { categories: ['ads'], unknown: 'drop', onDenial: 'keep' },
        readConsent({ context }, ['ads']),
      )
      return [field?.replace('context.', ''), given]
    }
    expect([
      wordsOf(segment({ ads: false })),
      wordsOf(segment({ ads: 'no' })),
      wordsOf(segment({ ads: 'x'.repeat(21) })),
      wordsOf(segment({ ads: 2 })),
      wordsOf(segment({ ads: true, Ads: 'nope' })),
      wordsOf(segment(['ads'])),
      wordsOf(rudder({ allowedConsentIds: ['ads'], deniedConsentIds: ['ADS'] })),
      wordsOf(rudder({ denied: ['ads'] })),
      wordsOf(segment({ ads: true })),
    ]).toEqual([
      ['consent.categoryPreferences.ads', 'false'],
      ['consent.categoryPreferences.ads', 'no'],
      ['consent.categoryPreferences.ads', 'a longer text'],
      ['consent.categoryPreferences.ads', 'a number'],
      ['consent.categoryPreferences.Ads', 'nope'],
      ['consent.categoryPreferences', 'a list'],
      ['consentManagement.deniedConsentIds', 'ADS'],
      ['consentManagement', 'an object'],
      [undefined, undefined],
    ])
  })

  test('"true" as text and 1 are true, as in other places', () => {
    expect([saidOf(segment({ a: 'true' }), 'a'), saidOf(segment({ a: 1 }), 'a')]).toEqual(['allowed', 'allowed'])
  })

  test('10,000 categories, deep nesting and keys of every object are read as what they are', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`c${index}`, index !== 9_999]))
    expect(saidOf(segment(many), 'c1', 'c9998')).toBe('allowed')
    expect(saidOf(segment(many), 'c1', 'c9999')).toBe('denied')
    expect(saidOf(rudder({ deniedConsentIds: Object.keys(many) }), 'c9999')).toBe('denied')
    const depth = 100_000
    const nested: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
    expect([saidOf({ consent: nested }, 'a'), saidOf(segment(nested), 'a')]).toEqual(['unreadable', 'unreadable'])
    expect(saidOf(JSON.parse('{"consent":{"categoryPreferences":{"__proto__":{"a":true}}}}'), 'a')).toBe('unknown')
    expect(saidOf(JSON.parse('{"consent":{"categoryPreferences":{"__proto__":true}}}'), '__proto__')).toBe('allowed')
    for (const inherited of ['constructor', 'toString', '__proto__'])
      expect(saidOf(segment({}), inherited)).toBe('unknown')
  })
})

describe('a user’s own consent', () => {
  test.each<[user: unknown, said: string | undefined]>([
    [{ EMAIL: 'a', consent: true }, 'allowed'],
    [{ Consent: 'true' }, 'allowed'],
    [{ Consent: 'TRUE' }, 'unreadable'],
    [{ ' CONSENT ': 1 }, 'allowed'],
    [{ consent: false }, 'denied'],
    [{ consent: 'FALSE' }, 'denied'],
    [{ consent: '0' }, 'denied'],
    [{ consent: true, CONSENT: false }, 'denied'],
    [{ consent: 'no' }, 'unreadable'],
    [{ consent: {} }, 'unreadable'],
    [{ consent: null }, undefined],
    [{ consent: '' }, undefined],
    [{ consented: false }, undefined],
    [null, undefined],
    [['consent'], undefined],
    ['consent', undefined],
  ])('%j: %s', (user, said) => {
    expect(ownConsent(user)).toBe(said)
  })
})
