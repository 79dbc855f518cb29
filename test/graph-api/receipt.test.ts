import { describe, expect, it } from 'vitest'
import { receiptOf } from '../../lib/graph-api/receipt.ts'
import { AUDIENCE, NOON, NO_USAGE, aBatch, graphFailure, people, refused, sha256, taken } from './builders.ts'

const batch = aBatch(people('ann', 'bob', 'cleo'))
const ABOUT = { audienceId: AUDIENCE, at: NOON, destination: 'main', direction: 'add', count: 3, ms: 12 }

describe('the receipt for a request', () => {
  it('says that Meta took it, and names it as Meta does', () => {
    const answer = { ...taken(3), requestId: 'Arequest' }
    expect(receiptOf(batch, answer, 12, NOON)).toEqual({
      ...ABOUT,
      ...{ outcome: 'delivered', invalid: 0, fbtraceId: 'Arequest' },
    })
  })

  it.each([
    ['graph_190_463', graphFailure(190, 463), 'Atrace'],
    ['timeout', { kind: 'timeout' }, undefined],
    ['http_502', { kind: 'unreadable', status: 502, html: true }, 'Arequest'],
  ] as const)('says %s when it failed so', (outcome, failure, fbtraceId) => {
    const answer = { ...refused(failure), ...(failure.kind !== 'timeout' && { requestId: 'Arequest' }) }
    expect(receiptOf(batch, answer, 12, NOON)).toEqual({
      ...ABOUT,
      ...{ outcome, invalid: 0, ...(fbtraceId && { fbtraceId }) },
    })
  })

  it('counts rows that Meta calls invalid and rows that it did not count; of an ad account it counts none', () => {
    const received = { numReceived: 2, numInvalid: 1, invalidSamples: { [`["${sha256('ann')}"]`]: 'invalid hash' } }
    expect(receiptOf(batch, { ok: true, usage: NO_USAGE, received }, 12, NOON).invalid).toBe(2)
    const notCounted = { numReceived: Infinity, numInvalid: 0, invalidSamples: {} }
    expect(receiptOf(batch, { ok: true, usage: NO_USAGE, received: notCounted }, 12, NOON).invalid).toBe(0)
  })

  it('names the session and its batch, in which Meta’s counts are those of all batches so far', () => {
    const session = { sessionId: '9223372036854775807', batchSequence: 2, lastBatch: false }
    expect(receiptOf({ ...batch, session }, taken(6), 12, NOON)).toMatchObject({
      invalid: 0,
      session: { id: '9223372036854775807', batch: 2 },
    })
  })

  it('holds nothing of the people, not even a hash', () => {
    const received = { numReceived: 3, numInvalid: 1, invalidSamples: { [`["${sha256('ann')}"]`]: 'ann is invalid' } }
    const text = JSON.stringify(receiptOf(batch, { ok: true, usage: NO_USAGE, received }, 12, NOON))
    for (const name of ['ann', sha256('ann').slice(0, 8), sha256('bob').slice(0, 8)]) expect(text).not.toContain(name)
  })
})
