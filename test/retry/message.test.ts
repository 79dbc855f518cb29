import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identifierOfKey, identifiersOf } from '../../lib/audience/identifiers.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { decodeRows, packRows } from '../../lib/retry/message.ts'
import { aChange, AUDIENCE, manyPeople, NOON, people } from '../graph-api/builders.ts'

const SCHEMA: SchemaField[] = ['EXTERN_ID', 'FN', 'LOOKALIKE_VALUE', 'DATA_PROCESSING_OPTIONS']
const head = { destination: 'main', audienceId: AUDIENCE, schema: ['EMAIL'] as SchemaField[] }

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u0000', '\uFFFE', '\uFFFF', '\uD800', '"\\'))
const ofRegister = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => identifierOfKey(Buffer.from(bytes).toString('latin1')))
const change = fc
  .record({
    row: fc.tuple(text, text, fc.float({ noNaN: true, noDefaultInfinity: true }), fc.array(text)),
    at: fc.nat(),
    failedAt: fc.nat(),
    others: fc.array(ofRegister, { maxLength: 2 }),
  })
  .map(({ row: [id, name, value, options], at, failedAt, others }) => {
    const cells = [id, name, value === 0 ? 0 : value, options]
    const identifiers = [...identifiersOf(SCHEMA, cells), ...others]
    return { cells, identifiers, at, ...(failedAt > 0 && { firstFailedAt: failedAt }) }
  })

describe('waiting rows', () => {
  it('come out of their messages as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(change),
        fc.array(change),
        fc.option(fc.nat(), { nil: undefined }),
        (add, remove, thenWait) => {
          const rows = { ...head, schema: SCHEMA, ...(thenWait !== undefined && { thenWait }), add, remove }
          const read = packRows(rows).map(({ body }) => decodeRows(body))
          if (add.length + remove.length === 0) expect(read).toEqual([])
          else expect(read).toEqual([rows])
        },
      ),
      { numRuns: 500, seed: 1 },
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
      { numRuns: 300, seed: 2 },
    )
  })

  it('are packed into few messages of 900 KB at most', () => {
    const add = manyPeople(30_000)
    const remove = manyPeople(10_000, 'leaver')
    const messages = packRows({ ...head, add, remove })
    for (const { bytes } of messages) expect(bytes).toBeLessThanOrEqual(900 * 1024)
    for (const { bytes } of messages.slice(0, -1)) expect(bytes).toBeGreaterThan(899 * 1024)
    const read = messages.map(({ body }) => decodeRows(body))
    expect(read.flatMap((rows) => rows?.add ?? [])).toEqual(add)
    expect(read.flatMap((rows) => rows?.remove ?? [])).toEqual(remove)
  })

  it('of a removal and a newer add share a message', () => {
    const messages = packRows({ ...head, add: people('a'), remove: [aChange(['EMAIL'], ['x'], NOON - 5)] })
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
      { numRuns: 1_000, seed: 3 },
    )
  })

  const [message] = packRows({ ...head, add: people('a'), remove: [] })
  const rows = JSON.parse(message?.body ?? '') as Record<string, unknown>
  it.each([
    ['another version', { version: 2 }],
    ['a column that does not exist', { schema: ['COLOUR'] }],
    ['too few cells', { add: [[1, 0, []]] }],
    ['a cell that is none', { add: [[1, 0, [null]]] }],
    ['times as text', { add: [['1', 0, ['x']]] }],
    ['no rows of one direction', { remove: undefined }],
    ['a wait that is no number', { thenWait: 'x' }],
  ])('such as rows with %s is none', (_, change) => {
    expect(decodeRows(JSON.stringify(rows))).toBeDefined()
    expect(decodeRows(JSON.stringify({ ...rows, ...change }))).toBeUndefined()
  })
})
