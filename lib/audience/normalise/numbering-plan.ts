import type { CountryCode } from 'libphonenumber-js/core'
import metadata from 'libphonenumber-js/min/metadata'

/**
 * What libphonenumber's metadata says about one country, compiled once. The smallest of its metadata sets is enough. It
 * has the general pattern of every country's numbers, and lacks only the patterns of mobile, toll-free and so on.
 */
type NumberingPlan = {
  country: CountryCode
  /** The international digits for the usual ways to write a number at home; undefined if the library must decide. */
  international(digits: string): string | undefined
}

/** Positions in the library's compact metadata; a test holds the results against the library, country by country. */
type CompactPlan = [
  callingCode: string,
  abroadPrefix: string,
  nationalNumber: string,
  lengths: readonly number[],
  formats: unknown,
  nationalPrefix: Optional,
  prefixRule: unknown,
  prefixForParsing: Optional,
  prefixTransform: Optional,
]

/** A part of a plan that a country may lack. The library then writes 0, or nothing at the plan's end. */
type Optional = string | 0 | undefined

/**
 * Some digits read both as a national number and as the country's code with a national number. From this length on they
 * count as international: 4915112345678 in Germany does, the Indian 9112345678 does not.
 */
const LONG = 11

const plans = new Map<string, NumberingPlan | undefined>()

/** The numbering plan of a country (two letters of any case), or undefined where none is known. */
export function numberingPlan(country: string): NumberingPlan | undefined {
  if (plans.has(country)) return plans.get(country)
  const plan = compile(country.toUpperCase() as CountryCode)
  plans.set(country, plan)
  return plan
}

function compile(country: CountryCode): NumberingPlan | undefined {
  const compact = metadata.countries[country] as CompactPlan | undefined
  if (compact === undefined) return undefined
  const [code, abroadPrefix, nationalNumber, , , nationalPrefix, , prefixForParsing, transform] = compact
  const national = new RegExp(`^(?:${nationalNumber})$`)
  const abroad = new RegExp(`^(?:${abroadPrefix})`)
  const prefix = [prefixForParsing, nationalPrefix].find((optional) => typeof optional === 'string')
  const trunk = prefix === undefined ? undefined : new RegExp(`^(?:${prefix})`)

  return {
    country,
    international(digits) {
      if (digits.startsWith(code) && national.test(digits.slice(code.length)))
        if (digits.length >= LONG || !national.test(digits)) return digits

      const rest = trunk === undefined ? digits : digits.replace(trunk, '')
      const isClear = !abroad.test(digits) && (rest === digits || !transform) && national.test(rest)
      return isClear ? code + rest : undefined
    },
  }
}
