import { expect, test } from 'vitest'
import { fieldsOf } from '../../../lib/cli/why/person.ts'

test.each([
  ['Ann@Example.com', 'EMAIL'],
  ['+49 30 1234567', 'PHONE'],
  ['(030) 123-4567', 'PHONE'],
  // Digits alone may be either.
  ['4930123', 'PHONE EXTERN_ID'],
  ['4711', 'EXTERN_ID'],
  ['12345678901234567890', 'EXTERN_ID'],
  ['customer-17', 'EXTERN_ID'],
  ['AB1234BC-AB12-AB12-AB12-AB1234ABCDEF', 'EXTERN_ID MADID'],
  ['b'.repeat(64), 'EMAIL PHONE EXTERN_ID'],
])('%s is taken for %s', (text, fields) => {
  expect(fieldsOf(text).join(' ')).toBe(fields)
})
