import parsePhoneNumber, { getExampleNumber } from 'libphonenumber-js/core'
import type { CountryCode } from 'libphonenumber-js/core'
import examples from 'libphonenumber-js/mobile/examples'
import metadata from 'libphonenumber-js/min/metadata'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/long.ts'
import { numberingPlan } from '../../lib/audience/normalise/numbering-plan.ts'
import { phone } from '../../lib/audience/normalise/phone.ts'

const COUNTRIES = Object.keys(examples) as CountryCode[]

describe('phone numbers of every country, by an example mobile number', () => {
  it.each(COUNTRIES)('%s: every way to write it means the same', (country) => {
    const example = getExampleNumber(country, examples, metadata)
    if (example === undefined) throw new Error('no example')
    const digits = example.number.slice(1)
    const home = country.toLowerCase()
    expect(phone(example.number, '')).toBe(digits)
    expect(phone(example.formatInternational(), 'us')).toBe(digits)
    expect(phone(`00 ${digits}`, home)).toBe(digits)
    expect(phone(example.formatNational(), home)).toBe(digits)
    expect(phone(example.nationalNumber, home)).toBe(digits)
    expect(phone(digits, home)).toBe(digits)
  })
})

describe('the quick reading of national numbers', () => {
  it('is what libphonenumber reads, wherever it is sure', () => {
    const country = fc.constantFrom(...COUNTRIES)
    const digits = fc.stringMatching(/^\d{4,14}$/)
    const likely = country.chain((of) => fc.tuple(fc.constant(of), fc.oneof(digits, similarTo(of))))
    fc.assert(
      fc.property(likely, ([of, number]) => {
        const quick = numberingPlan(of.toLowerCase())?.international(number)
        fc.pre(quick !== undefined && quick !== number)
        const parsed = parsePhoneNumber(number, { defaultCountry: of, extract: false }, metadata)
        expect([of, number, quick]).toEqual([of, number, parsed?.number.slice(1)])
      }),
      { numRuns: runs(5_000) },
    )
  })

  it('is sure of nearly every example', () => {
    const sure = COUNTRIES.filter((of) => numberingPlan(of.toLowerCase())?.international(examples[of]))
    expect(sure.length / COUNTRIES.length).toBeGreaterThan(0.95)
  })

  it('knows no plan for a text that is no country', () => {
    expect(numberingPlan('')).toBeUndefined()
    expect(numberingPlan('zz')).toBeUndefined()
  })
})

/** Numbers that begin like the country's own, with and without a trunk prefix or code in front. */
function similarTo(country: CountryCode): fc.Arbitrary<string> {
  const example = examples[country]
  const fronts = ['', '0', '1', '8', '9', '00', metadata.countries[country]?.[0] as string]
  return fc
    .tuple(fc.constantFrom(...fronts), fc.integer({ min: 1, max: example.length }), fc.stringMatching(/^\d{0,9}$/))
    .map(([front, kept, rest]) => front + example.slice(0, kept) + rest.slice(0, example.length - kept))
}
