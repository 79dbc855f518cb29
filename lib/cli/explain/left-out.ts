/** Why a user or a value would not be sent, in words. */
export const LEFT_OUT = {
  not_an_object: 'It is not a JSON object, such as {"EMAIL": "ann@example.com"}.',
  no_usable_value: 'It has no value that Meta could match.',
  cannot_match: 'Thousands of people share all its values; add a field such as EMAIL, PHONE, EXTERN_ID or MADID.',
  unusable_value:
    'The field cannot hold this value, so the column stays blank. A hash must be SHA-256 (64 hex digits); Meta does not take MD5 or SHA-1. A birthday is written like 1988-03-09. A number like 4.9E+11 has lost digits in a spreadsheet.',
  not_hashed:
    'The value is not a hash, and isHashRequired is false, so the column stays blank. A hash is SHA-256 (64 hex digits).',
  invalid_encoding: 'The value is not valid UTF-8, so nobody knows what it means. The column stays blank.',
  consent_denied: 'There is no consent to send it to this destination; the warnings say what is missing.',
  repeated: 'The same person is in the list already.',
  removed_as_well: 'The same person is to be removed at the same time, and the removal wins.',
  added_since: 'The same person is added by a newer event.',
} as const

export type LeftOut = keyof typeof LEFT_OUT
