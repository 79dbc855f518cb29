import { expect, test } from 'vitest'
import { shownName } from '../../../lib/local/console/shown-name.ts'

test.each(['ann@example.com', 'Order of ann＠example.com', 'ann%40example.com'])('%s is not shown', (text) => {
  expect(shownName(text)).toBe('(not shown: it has an e-mail address)')
})

test.each([
  ...['+15550100123', '+49 (0)170 555-0100', 'Call of +1 555 0100', '%2B4917055501', '00491705550100', '0170/5550100'],
  ...['lead_0170_555_0100', '017–0555–0100', '（0170）5550100', '＋４９１７０５５５', '٠١٧٠٥٥٥٠١٠', 'tel4917055501009'],
  ...['0170%20555%200100', '555.010.0123', '+1764312000000'],
])('%s may be a phone number, and is not shown', (text) => {
  expect(shownName(text)).toBe('(not shown: it may be a phone number)')
})

test.each([
  ...['USER_ADD', 'Order Completed', 'Level +1', 'step 3 of 12', 'Sale 2026-11-28', 'order 12345678', ''],
  ...['12345678-1234-4123-8123-123456789012', 'ajs-next-1764312000000-12345678-1234-4123-8123-123456789012'],
  ...['507f1f77bcf86cd799439011', 'a'.repeat(16) + '0123456789abcdef', '1764312000000'],
])('%s is shown as it is', (text) => {
  expect(shownName(text)).toBe(text)
})

test('letters that nobody sees, or that turn others around, are shown as such', () => {
  expect(shownName('a\u0007b\u202Eevil\u001B[31m')).toBe('a\uFFFDb\uFFFDevil\uFFFD[31m')
})

test('a long name is cut', () => {
  expect(shownName('x'.repeat(200))).toBe(`${'x'.repeat(100)}…`)
  expect(shownName(`x${'𝕏'.repeat(200)}`)).toBe(`x${'𝕏'.repeat(99)}…`)
})
