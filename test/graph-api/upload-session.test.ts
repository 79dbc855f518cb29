import { expect, test } from 'vitest'
import { placeInSession } from '../../lib/graph-api/upload-session.ts'
import { NOON } from './builders.ts'

const MINUTE = 60_000
const batch = (batchSequence: number, lastBatch = false) => ({ sessionId: '5', batchSequence, lastBatch })

test.each([
  ['the first that is seen begins the session, whatever its number', undefined, batch(7), true, { startedAt: NOON }],
  ['one that is first and last ends it too', undefined, batch(1, true), true, { startedAt: NOON, endedBy: 'me' }],
  ['a later one changes nothing', { startedAt: NOON - 85 * MINUTE }, batch(2), true, undefined],
  ['the last one ends it', { startedAt: NOON - 1 }, batch(2, true), true, { startedAt: NOON - 1, endedBy: 'me' }],
  ['one that is too late does not belong to it', { startedAt: NOON - 86 * MINUTE }, batch(2), false, undefined],
  ['nor does one after the last', { startedAt: NOON - 1, endedBy: 'another' }, batch(3, true), false, undefined],
  ['the last one may be sent again', { startedAt: NOON - 1, endedBy: 'me' }, batch(3, true), true, undefined],
  [
    'batch 1 begins an ended one anew',
    { startedAt: NOON - 1, endedBy: 'another' },
    batch(1),
    true,
    { startedAt: NOON },
  ],
  ['and one that is too old', { startedAt: NOON - 86 * MINUTE }, batch(1), true, { startedAt: NOON }],
])('of the batches of a session, %s', (_, known, fields, isOpen, changed) => {
  expect(placeInSession(known, fields, 'me', NOON)).toEqual({ isOpen, ...(changed && { changed }) })
})
