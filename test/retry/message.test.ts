import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/long.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { decodeRows, packRows } from '../../lib/retry/message.ts'
import type { Change } from '../../lib/audience/change.ts'
import { AUDIENCE, NOON, OTHER_AUDIENCE, aChange, manyPeople, people } from '../graph-api/builders.ts'
import { anyCharacter } from '../support/any-character.ts'

const SCHEMA: SchemaField[] = ['EXTERN_ID', 'FN', 'LOOKALIKE_VALUE', 'DATA_PROCESSING_OPTIONS']
const head = { destination: 'main', audienceIds: [AUDIENCE], schema: ['EMAIL'] as SchemaField[] }

const text = fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('\u0000', '\uFFFE', '\uFFFF', '\uD800', '"\\'))
const change = fc
  .record({
    row: fc.tuple(text, text, fc.float({ noNaN: true, noDefaultInfinity: true }), fc.array(text)),
    at: fc.nat(),
    failedAt: fc.nat(),
    waitingSince: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    singledOut: fc.constantFrom('refused' as const, 'unanswered' as const, 'suspected' as const, undefined),
    isWrittenDown: fc.boolean(),
  })
  .map(({ row: [id, name, value, options], at, failedAt, waitingSince, singledOut, isWrittenDown }): Change => {
    const cells = [id, name, value === 0 ? 0 : value, options]
    const marks = { ...(singledOut && { singledOut }), ...(isWrittenDown && { isWrittenDown }) }
    const failed = failedAt > 0 && { firstFailedAt: failedAt }
    const waits = waitingSince !== undefined && { waitingSince }
    return { cells, identifiers: identifiersOf(SCHEMA, cells), at, ...failed, ...waits, ...marks }
  })
const count = fc.option(fc.integer({ min: 1, max: 40_000 }), { nil: undefined })
const audienceIds = fc.array(fc.constantFrom(AUDIENCE, OTHER_AUDIENCE), { minLength: 1, maxLength: 3 })

describe('waiting rows', () => {
  it('come out of their messages as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(change),
        fc.array(change),
        count,
        count,
        audienceIds,
        (add, remove, thenWait, atOnce, audienceIds) => {
          const sizes = { ...(thenWait !== undefined && { thenWait }), ...(atOnce !== undefined && { atOnce }) }
          const rows = { ...head, audienceIds, schema: SCHEMA, ...sizes }
          const read = [...packRows({ ...rows, waitingSince: 5, add, remove }, 7)].map(({ body }) => decodeRows(body))
          const waiting = (changes: Change[]) => changes.map((each) => ({ waitingSince: 7, ...each }))
          if (add.length + remove.length === 0) expect(read).toEqual([])
          else expect(read).toEqual([{ ...rows, add: waiting(add), remove: waiting(remove) }])
        },
      ),
      { numRuns: runs(500), seed: 1 },
    )
  })

  it('hold no character that SQS refuses, and say how large they are', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1 }), (add) => {
        for (const { body, bytes } of packRows({ ...head, schema: SCHEMA, add, remove: [] })) {
          expect(body).toMatch(/^[\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u)
          expect(bytes).toBe(Buffer.byteLength(body))
        }
      }),
      { numRuns: runs(300), seed: 2 },
    )
  })

  it('are packed into few messages of 900 KB at most', () => {
    const add = manyPeople(30_000)
    const remove = manyPeople(10_000, 'leaver')
    const messages = [...packRows({ ...head, add, remove })]
    for (const { bytes } of messages) expect(bytes).toBeLessThanOrEqual(900 * 1024)
    for (const { bytes } of messages.slice(0, -1)) expect(bytes).toBeGreaterThan(899 * 1024)
    const read = messages.map(({ body }) => decodeRows(body))
    expect(read.flatMap((rows) => rows?.add ?? [])).toEqual(add)
    expect(read.flatMap((rows) => rows?.remove ?? [])).toEqual(remove)
    expect(read[0]?.remove, 'removals first').toHaveLength(10_000)
  })

  it('are made into messages one at a time, so that memory holds one', () => {
    let made = 0
    const add = manyPeople(30_000)
    const counting = {
      *[Symbol.iterator]() {
        for (const each of add) {
          made += 1
          yield each
        }
      },
    }
    const [first] = packRows({ ...head, add: counting as never, remove: [] })
    expect(first?.bytes).toBeGreaterThan(0)
    expect(made).toBeLessThan(15_000)
  })

  it('of a removal and a newer add share a message', () => {
    const messages = [...packRows({ ...head, add: people('a'), remove: [aChange(['EMAIL'], ['x'], NOON - 5)] })]
    expect(messages).toHaveLength(1)
  })
})

describe('any other text', () => {
  it('is no rows, and is never an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (body) => {
          expect(decodeRows(body)).toBeUndefined()
        },
      ),
      { numRuns: runs(1_000), seed: 3 },
    )
  })

  const [message] = [...packRows({ ...head, add: people('a'), remove: [] })]
  const rows = JSON.parse(message?.body ?? '') as Record<string, unknown>
  it.each([
    ['another version', { version: 2 }],
    ['a column that does not exist', { schema: ['COLOUR'] }],
    ['too few cells', { add: [[1, 0, []]] }],
    ['a cell that is none', { add: [[1, 0, [null]]] }],
    ['times as text', { add: [['1', 0, ['x']]] }],
    ['no rows of one direction', { remove: undefined }],
    ['a wait that is no number', { thenWait: 'x' }],
    ['no rows at once', { atOnce: 0 }],
    ['half a row at once', { atOnce: 1.5 }],
    ['no audience', { audienceIds: [] }],
    ['a mark that is none', { add: [[1, 0, ['x'], 16]] }],
    ['two marks that exclude each other', { add: [[1, 0, ['x'], 5]] }],
  ])('such as rows with %s is none', (_, change) => {
    expect(decodeRows(JSON.stringify(rows))).toBeDefined()
    expect(decodeRows(JSON.stringify({ ...rows, ...change }))).toBeUndefined()
  })

  it('such as rows with a time that no clock shows is none', () => {
    expect(decodeRows(JSON.stringify(rows).replace(String(NOON), '1e999'))).toBeUndefined()
  })
})
