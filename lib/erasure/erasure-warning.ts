import type { ErasureWarning } from './erasure.ts'

/** What was given to an erasure and not used, or not as it may have been meant. */
export const ERASURE_WARNINGS: Readonly<Record<string, string>> = {
  unusable_value: 'This value is none of its field, so it was not used. A field takes one text: no list, no object.',
  invalid_encoding: 'This value is not valid UTF-8, so it was not used.',
  phone_without_country:
    'A phone number without its country code is remembered and removed as it is written, and with the country code of each destination that has a defaultCountry. Write it as +49…, or give COUNTRY beside it.',
  phone_of_several_countries:
    'Without its country code this phone number is one of each defaultCountry of the destinations, and is kept out as each of them: somebody else may have one of these. Write it as +49…, or give COUNTRY beside it.',
  field_unknown: 'There is no such identifier, so it was not used.',
  key_unused: 'Nobody looks at this place, so what it holds was not used. Write EMAIL, PHONE, MADID and EXTERN_ID.',
  user_id_unused: 'No destination takes a userId for EXTERN_ID in its userFields, so it was not used.',
  external_id_is_email:
    'An e-mail address is never taken for EXTERN_ID, because that is sent without hashing. Write it as EMAIL.',
  user_not_an_object: 'Such a user is no object, so it was not used. Write {"EMAIL": "ann@example.com"}.',
}

/** Warnings as they are answered, in words. They have no value of anybody. */
export function worded(warnings: readonly ErasureWarning[]) {
  return warnings.map(({ code, ...about }) => ({ code, message: ERASURE_WARNINGS[code] ?? code, ...about }))
}

/** What was given in place of an identifier, by name and without any value; undefined where nothing was. */
export function foundIn(warnings: readonly ErasureWarning[], most: number): string | undefined {
  if (warnings.length === 0) return undefined
  const each = warnings.map(({ code, field, suggestion }) =>
    suggestion === undefined ? `${field} is of no use (${code})` : `"${field}" was probably meant as ${suggestion}`,
  )
  return each.slice(0, most).join(', ')
}
