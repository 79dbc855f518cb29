import { isOfField } from '../audience/identifiers.ts'
import { createToRow } from '../audience/row.ts'
import type { FieldReport } from '../audience/column.ts'
import type { Destination } from '../config/destinations-schema.ts'
import { STRONG_FIELDS } from '../config/schema-field.ts'

/** The identifiers of a person in all forms in which a destination may write them. */
export type Forms = {
  /** All that must be remembered. */
  identifiers: readonly string[]
  reports: readonly FieldReport[]
  /** Whether a destination of this kind can name the person. */
  isNamedBy: (kind: DestinationKind) => boolean
  /** A phone number without a country code is one of several countries. */
  isOfSeveralCountries: boolean
}

/** What decides how a destination writes an identifier. */
export type DestinationKind = Pick<Destination, 'userSchema' | 'disableFormat' | 'defaultCountry'>

/**
 * Makes the forms of a person's identifiers for these destinations. Phone numbers are read once for each country, and all
 * other fields once. Beside the form that we send there is the one that was given: a destination may send it today, or one
 * day. A phone as it is given matches nobody at Meta, unless its sender prepares it, so it counts only for such a destination.
 */
export function createForms(destinations: readonly Destination[], clock: () => number): (user: unknown) => Forms {
  const settings = { isHashRequired: true, isValueBasedAudience: false }
  const rowOf = (userSchema: typeof STRONG_FIELDS, disableFormat: boolean, defaultCountry?: string) =>
    createToRow({ ...settings, userSchema, disableFormat, defaultCountry }, clock)
  const others = rowOf(
    STRONG_FIELDS.filter((field) => field !== 'PHONE'),
    false,
  )
  const countries = [...new Set(destinations.map(({ defaultCountry }) => defaultCountry))]
  const phones = countries.map((country) => ({ country, toRow: rowOf(['PHONE'], false, country) }))
  const asGiven = rowOf(STRONG_FIELDS, true)
  const someFormat = destinations.some(({ disableFormat }) => !disableFormat)
  const someDoNot = destinations.some(({ disableFormat }) => disableFormat)
  const someHash = destinations.some(({ isHashRequired }) => !isHashRequired)

  return (user) => {
    const best = identifiersIn(others(user))
    const numbers = phones.map(({ country, toRow }) => ({ country, ...identifiersIn(toRow(user)) }))
    const given = identifiersIn(asGiven(user))
    const formatted = [...best.identifiers, ...numbers.flatMap(({ identifiers }) => identifiers)]
    const alsoGiven = given.identifiers.filter(
      (identifier) =>
        someDoNot ||
        (STRONG_FIELDS.some(
          (field) => isOfField(identifier, field) && formatted.some((each) => isOfField(each, field)),
        ) &&
          (someHash || !isOfField(identifier, 'PHONE'))),
    )
    const known = numbers.flatMap(({ country, identifiers }) => (country === undefined ? [] : identifiers))
    return {
      identifiers: [...formatted, ...alsoGiven],
      reports: [
        ...(someFormat ? [...best.reports, ...numbers.flatMap(({ reports }) => reports)] : []),
        ...(someDoNot ? given.reports : []),
      ],
      isNamedBy: ({ userSchema, disableFormat, defaultCountry }) => {
        const phone = numbers.find(({ country }) => country === defaultCountry)?.identifiers ?? []
        const all = [...best.identifiers, ...phone, ...(disableFormat ? given.identifiers : [])]
        return userSchema.some((field) => all.some((identifier) => isOfField(identifier, field)))
      },
      isOfSeveralCountries: new Set(known).size > 1,
    }
  }
}

function identifiersIn(result: ReturnType<ReturnType<typeof createToRow>>): {
  identifiers: readonly string[]
  reports: readonly FieldReport[]
} {
  return { identifiers: 'row' in result ? result.row.identifiers : [], reports: result.reports }
}
