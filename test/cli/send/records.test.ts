import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvFormat, dialectOf } from '../../../lib/cli/send/file/csv.ts'
import { NDJSON } from '../../../lib/cli/send/file/ndjson.ts'
import { recordsOf } from '../../../lib/cli/send/file/records.ts'
import type { RecordFormat } from '../../../lib/cli/send/file/records.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { runs } from '../../support/long.ts'

async function* pieces(bytes: Buffer, size: number) {
  // In one piece of memory, as files are read.
  const memory = Buffer.alloc(size)
  for (let place = 0; place < bytes.length; place += size) {
    const length = bytes.copy(memory, 0, place, place + size)
    yield await Promise.resolve(memory.subarray(0, length))
  }
}

type Read = { line: number; end: number; nextLine: number; cells?: readonly string[]; problem?: string; text: string }

async function readAll(text: string, format: RecordFormat, size = 64, from = { bytes: 0, line: 1 }) {
  const all: Read[] = []
  for await (const records of recordsOf(pieces(Buffer.from(text).subarray(from.bytes), size), format, from))
    for (const record of records) all.push({ ...record, text: record.text() })
  return all
}

const read = (text: string, width: number, size?: number) =>
  readAll(text, csvFormat(dialectOf(Buffer.from(text)), width), size)

/** Writes a CSV as RFC 4180 says, without the library that reads it. */
function csvOf(
  rows: readonly (readonly string[])[],
  separator: string,
  lineEnd: string,
  areAllQuoted: boolean,
): string {
  const cell = (text: string) => (areAllQuoted || /["\r\n,;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return rows.map((row) => row.map(cell).join(separator) + lineEnd).join('')
}

const cell = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 12 }).filter((text) => !/[\uD800-\uDFFF]/u.test(text)),
  fc.constantFrom('', '"', '""', ',', ';', '\t', '\n', '\r\n', 'Ann "the boss", Berlin', 'a\n"b"\n'),
)

describe('a CSV', () => {
  test.each(['\n', '\r\n'])('tells the line of each row, whatever ends the lines in its cells: %j', async (lineEnd) => {
    const lines = ['a,b', '"one\r\ntwo",1', '', '"one\ntwo",2', '', '', 'three,3,more', 'four,4', '']
    const records = await read(lines.join(lineEnd), 2)
    expect(records.map(({ line, text }) => [line, text.replaceAll(/\r?\n/g, '|')])).toEqual([
      [1, 'a,b|'],
      [2, '"one|two",1|'],
      [5, '"one|two",2|'],
      [9, 'three,3,more|'],
      [10, 'four,4|'],
    ])
  })

  test('is read as the rows that were written, whatever is in them and however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 4 }).chain((width) =>
          fc.record({
            rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }),
            separator: fc.constantFrom(',', ';', '\t'),
            lineEnd: fc.constantFrom('\n', '\r\n'),
            areAllQuoted: fc.boolean(),
            size: fc.integer({ min: 1, max: 50 }),
            resumedAt: fc.nat({ max: 11 }),
          }),
        ),
        async ({ rows, separator, lineEnd, areAllQuoted, size, resumedAt }) => {
          const header = rows[0]?.map((_, place) => `column${place}`) ?? []
          const text = csvOf([header, ...rows], separator, lineEnd, areAllQuoted)
          const records = await read(text, header.length, size)
          expect(records.map(({ cells }) => cells)).toEqual([header, ...rows])
          expect(records.at(-1)?.end).toBe(Buffer.byteLength(text))
          // From the end of any record on, the rest is read the same: this is how a run is resumed.
          const place = resumedAt % records.length
          const at = records[place]
          const format = csvFormat(dialectOf(Buffer.from(text)), header.length)
          const rest = await readAll(text, format, size, { bytes: at?.end ?? 0, line: at?.nextLine ?? 1 })
          expect(rest).toEqual(records.slice(place + 1))
        },
      ),
      { numRuns: runs(2_000) },
    )
  })

  test('loses only the line whose quote is not closed, however long the file is', async () => {
    const good = Array.from({ length: 5_000 }, (_, row) => `person${row}@example.com,"Ann ${row}"`)
    const text = ['EMAIL,FN', ...good.slice(0, 100), 'bad@example.com,"Bob', ...good.slice(100), ''].join('\n')
    const records = await read(text, 2, 64 * 1024)
    expect(records.filter(({ problem }) => problem).map(({ line, text: given }) => [line, given])).toEqual([
      [102, 'bad@example.com,"Bob\n'],
    ])
    expect(records.filter(({ cells }) => cells).length).toBe(5_001)
    expect(records.at(-1)).toMatchObject({ line: 5_002, cells: ['person4999@example.com', 'Ann 4999'] })
  })

  test('has a reason and the number of its line for each line that is no row', async () => {
    const text =
      'EMAIL,FN\na@example.com\nb@example.com,Bob,x\n\n"c"d@example.com,x\ne@example.com,Eve,,\nf@example.com,"F\nG"\n'
    expect((await read(text, 2)).map(({ line, problem, cells }) => [line, problem ?? cells])).toEqual([
      [1, ['EMAIL', 'FN']],
      [2, 'wrong_number_of_columns'],
      [3, 'wrong_number_of_columns'],
      [5, 'quote_in_text'],
      [6, ['e@example.com', 'Eve']],
      [7, ['f@example.com', 'F\nG']],
    ])
  })

  test('may have a line of any length without a place in memory for it', async () => {
    const text = `EMAIL,FN\n${'x'.repeat(3_000_000)}\na@example.com,Ann\n`
    const records = await read(text, 2, 64 * 1024)
    expect(records.map(({ line, problem, text: given }) => [line, problem, given.length])).toEqual([
      [1, undefined, 9],
      [2, 'line_too_long', 1_001],
      [3, undefined, 18],
    ])
    expect(records.at(-1)?.end).toBe(text.length)
  })
})

test.each([
  ['a,b;c,d\n', ','],
  ['a;b;c\n1,2,3,4,5,6\n', ';'],
  ['"a;b;c"\tb\n', '\t'],
  ['EMAIL\n', ','],
])('the separator of %j is %j', (text, separator) => {
  expect(dialectOf(Buffer.from(text)).separator).toBe(separator)
})

test('a line of JSON that cannot be read has a reason, and the others are read', async () => {
  const records = await readAll('{"EMAIL":"a"}\n\n{"EMAIL":\n[1]\n{"EMAIL":"b"}', NDJSON)
  expect(records.map(({ line, problem }) => [line, problem])).toEqual([
    [1, undefined],
    [3, 'invalid_json'],
    [4, 'not_an_object'],
    [5, undefined],
  ])
})
