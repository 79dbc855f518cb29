import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonProblem } from '../../lib/track/json-problem.ts'

test.each([
  ['', 'is empty'],
  [' \n', 'is empty'],
  ['7', 'is neither a JSON object nor an array'],
  ['"{}"', 'is neither a JSON object nor an array'],
  ['{"a":[1,', 'ends before its JSON does'],
  ['event=USER_ADD&email=ann@example.com', 'is no JSON from line 1, column 1 on'],
  ["{'event': 1}", 'is no JSON from line 1, column 2 on'],
  ['{"a": 1,}', 'is no JSON from line 1, column 9 on'],
  ['{\n  "list": [1, 2, ]\n}', 'is no JSON from line 2, column 18 on'],
  ['{\n  "a": 1\n  "b": None\n}', 'is no JSON from line 3, column 3 on'],
  ['{"EMAIL":\n"ann@example.com",\n"b": None}', 'is no JSON from line 3, column 6 on'],
  ['{"a": 1} x', 'is no JSON from line 1, column 10 on'],
])('%j %s', (text, problem) => {
  expect(jsonProblem(text)).toBe(problem)
})

test('the place is that of the character that was put in, and nothing of the text is said', () => {
  const document = fc.array(fc.record({ EMAIL: fc.constant('ann'), list: fc.array(fc.integer()) }), { minLength: 1 })
  fc.assert(
    fc.property(document, fc.nat(), (content, at) => {
      const json = JSON.stringify(content, null, 1)
      const places = json.split(/(?=.)/s).flatMap((character, index) => ('[]{},:'.includes(character) ? [index] : []))
      const place = places[at % places.length] ?? 0
      const before = json.slice(0, place).split('\n')
      const where = `line ${before.length}, column ${String((before.at(-1)?.length ?? 0) + 1)}`
      expect(jsonProblem(`${json.slice(0, place)}~${json.slice(place)}`)).toBe(`is no JSON from ${where} on`)
    }),
  )
})

test('a text of megabytes is not searched', () => {
  expect(jsonProblem(`["${'x'.repeat(2_000_000)}",]`)).toBe('is no JSON')
})
