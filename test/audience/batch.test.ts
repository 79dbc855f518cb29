import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBatches, usersThatFit } from '../../lib/audience/batch.ts'
import type { Change } from '../../lib/audience/change.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { toRequest } from '../../lib/graph-api/request.ts'
import { AUDIENCE, aChange, aDestination, manyPeople, sha256 } from '../graph-api/builders.ts'

const target = (overrides: Record<string, unknown> = {}) => {
  const destination = aDestination(overrides)
  return { destination, audienceId: AUDIENCE, direction: 'add' as const, schema: destination.userSchema }
}
/** The time for a body of so many bytes is some seconds of Meta's minute. */
const MAX_BATCH_BYTES = 4_000_000
const SESSION = { sessionId: '5', batchSequence: 3, lastBatch: true }

describe('batches', () => {
  it('hold at most as many users as the destination takes, each of them once and in order', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 120 }), (count, maxUserCount) => {
        const changes = manyPeople(count)
        const batches = toBatches(target({ maxUserCount }), changes)
        expect(batches.flatMap((batch) => batch.changes)).toEqual(changes)
        expect(batches).toHaveLength(Math.ceil(count / maxUserCount))
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  it('of 10,000 users with five hashes are one request', () => {
    const schema: SchemaField[] = ['EMAIL', 'PHONE', 'FN', 'LN', 'ZIP']
    const changes = Array.from({ length: 10_000 }, () => aChange(schema, schema.map(sha256)))
    expect(toBatches(target({ userSchema: schema }), changes)).toHaveLength(1)
  })

  it('of wide rows are cut so that no body is larger than the bytes allowed', () => {
    const userSchema: SchemaField[] = [
      'EMAIL',
      'PHONE',
      'GEN',
      'DOBY',
      'DOBM',
      'DOBD',
      'LN',
      'FN',
      'FI',
      'CT',
      'ST',
      'ZIP',
    ]
    const schema: SchemaField[] = [...userSchema, 'COUNTRY', 'MADID', 'EXTERN_ID']
    const cells = schema.map((field) => (field === 'EXTERN_ID' ? '名'.repeat(100) : sha256(field)))
    const batches = toBatches(
      target({ userSchema: schema }),
      Array.from({ length: 10_000 }, () => aChange(schema, cells)),
    )
    expect(batches.flatMap(({ changes }) => changes)).toHaveLength(10_000)
    for (const batch of batches) {
      const bytes = Buffer.byteLength(toRequest(batch).body)
      expect(bytes).toBeLessThan(MAX_BATCH_BYTES + 1_000)
      expect(bytes).toBeGreaterThan(MAX_BATCH_BYTES / 3 / (batch === batches.at(-1) ? 100 : 1))
    }
  })

  it('of a session are never cut: their number is given', () => {
    const batches = toBatches({ ...target({ maxUserCount: 10 }), session: SESSION }, manyPeople(25))
    expect(batches.map(({ changes, session }) => [changes.length, session])).toEqual([[25, SESSION]])
  })

  it('that were too slow are cut smaller, down to one user, but never one that a session has numbered', () => {
    const batch = { ...target({ maxUserCount: 10 }), changes: manyPeople(25) }
    expect([usersThatFit(batch), usersThatFit(batch, 3), usersThatFit(batch, 1)]).toEqual([10, 3, 1])
    expect(usersThatFit({ ...batch, changes: manyPeople(2) }, 3)).toBe(2)
    expect(usersThatFit({ ...batch, session: SESSION }, 3)).toBe(25)
  })

  it('of nobody are none', () => {
    expect(toBatches(target(), [])).toEqual([])
  })
})

describe('rows without an EXTERN_ID', () => {
  const schema: SchemaField[] = ['EXTERN_ID', 'EMAIL']
  const named = aChange(schema, ['7', sha256('a')])
  const unnamed = aChange(schema, ['', sha256('b')])
  const of = (changes: Change[], more = {}) =>
    toBatches({ ...target({ userSchema: schema }), ...more }, changes).map(({ omit, session, changes }) => ({
      omit,
      session,
      changes,
    }))

  it('go in a batch of their own that leaves the column out', () => {
    expect(of([unnamed, named])).toEqual([
      { omit: undefined, session: undefined, changes: [named] },
      { omit: 'EXTERN_ID', session: undefined, changes: [unnamed] },
    ])
  })

  it('stay out of the session', () => {
    expect(of([unnamed, named], { session: SESSION })).toEqual([
      { omit: undefined, session: SESSION, changes: [named] },
      { omit: 'EXTERN_ID', session: undefined, changes: [unnamed] },
    ])
  })

  it('cannot be, where it is the only column', () => {
    const only = aChange(['EXTERN_ID'], ['7'])
    expect(toBatches(target({ userSchema: ['EXTERN_ID'] }), [only])).toMatchObject([{ changes: [only] }])
  })
})
