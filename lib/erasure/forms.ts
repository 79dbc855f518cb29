import { isOfField, ofSameFields } from '../audience/identifiers.ts'
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
  /** The phone number as one of each country: several where it has no country code. */
  abroad: readonly string[]
}

/** What decides whom a destination can name. */
export type DestinationKind = Pick<Destination, 'userSchema' | 'defaultCountry'>

/**
 * Makes the forms of a person's identifiers for these destinations. Phone numbers are read once for each country, and all
 * other fields once. Beside the form that we send there is the one that was given: a destination may send it today, or one
 * day. A phone as it is given matches nobody at Meta, unless its sender prepares it, so it counts only for such a destination.
 * A value of which there is no form that we send is nobody's, such as an advertising id of zeroes: many people share it.
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
  const someSendAsGiven = destinations.some((each) => each.disableFormat || !each.isHashRequired)

  return (user) => {
    const best = identifiersIn(others(user))
    const numbers = phones.map(({ country, toRow }) => ({ country, ...identifiersIn(toRow(user)) }))
    const formatted = [...best.identifiers, ...numbers.flatMap(({ identifiers }) => identifiers)]
    const given = ofSameFields(identifiersIn(asGiven(user)).identifiers, formatted).filter(
      (identifier) => someSendAsGiven || !isOfField(identifier, 'PHONE'),
    )
    const reports = [...best.reports, ...numbers.flatMap((each) => each.reports)]
    return {
      identifiers: [...formatted, ...given],
      reports: reports.filter(({ reason }) => someFormat || reason !== 'phone_without_country'),
      isNamedBy: ({ userSchema, defaultCountry }) => {
        const phone = numbers.find(({ country }) => country === defaultCountry)?.identifiers ?? []
        const all = [...best.identifiers, ...phone]
        return userSchema.some((field) => all.some((identifier) => isOfField(identifier, field)))
      },
      abroad: numbers.flatMap(({ country, identifiers: all }) => (country === undefined ? [] : all)),
    }
  }
}

function identifiersIn(result: ReturnType<ReturnType<typeof createToRow>>): {
  identifiers: readonly string[]
  reports: readonly FieldReport[]
} {
  return { identifiers: 'row' in result ? result.row.identifiers : [], reports: result.reports }
}
