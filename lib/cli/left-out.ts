/** Why a user or a value would not be sent, in words. */
export const LEFT_OUT = {
  not_an_object: 'It is no JSON object, such as {"EMAIL": "ann@example.com"}.',
  no_usable_value: 'Nothing in it is a value that Meta could match.',
  cannot_match:
    'It has nothing but what thousands of people share; add a field such as EMAIL, PHONE, EXTERN_ID or MADID.',
  unusable_value:
    'It is no value of this field, so the column stays blank. A hash must be SHA-256, which is 64 hex digits: Meta knows no MD5 or SHA-1.',
  not_hashed:
    'It is plain, and isHashRequired is false, so the column stays blank. A hash is SHA-256, which is 64 hex digits.',
  invalid_encoding: 'It is no valid UTF-8, so nobody knows what it means, and the column stays blank.',
  repeated: 'The same person is in the list already.',
  removed_as_well: 'The same person is to be removed at the same time, and the removal wins.',
  added_since: 'The same person is added by a newer event.',
} as const

export type LeftOut = keyof typeof LEFT_OUT
