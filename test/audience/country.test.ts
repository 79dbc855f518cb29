import { describe, expect, it } from 'vitest'
import { COUNTRIES } from '../../lib/audience/normalise/country-names.ts'
import { country } from '../../lib/audience/normalise/country.ts'

const lines = COUNTRIES.trim().split('\n')

describe('the table of countries', () => {
  it('has the 249 countries of ISO 3166-1 and Kosovo', () => {
    expect(lines).toHaveLength(250)
    expect(new Set(lines.map((line) => line.slice(0, 2))).size).toBe(250)
    expect(new Set(lines.map((line) => line.slice(3, 6))).size).toBe(250)
  })

  it.each(
    lines.map((line) => [line.slice(0, 2).toLowerCase(), line.slice(3).replace(' ', ' | ').split(' | ')] as const),
  )('%s has its code of three letters and its names to itself', (code, names) => {
    for (const name of [code, ...names]) expect([name, country(name)]).toEqual([name, code])
  })

  // The independent source is Unicode, whose names come with Node.
  it.each(lines.map((line) => line.slice(0, 2)))('%s is found by the name that Unicode gives it', (code) => {
    const name = new Intl.DisplayNames('en', { type: 'region' }).of(code) ?? ''
    expect([name, country(name)]).toEqual([name, code.toLowerCase()])
  })
})
