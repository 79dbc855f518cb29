import { expect, test } from 'vitest'
import { placeInSession } from '../../lib/session/upload-session.ts'
import { NOON } from '../graph-api/builders.ts'

const MINUTE = 60_000
const batch = (batchSequence: number, lastBatch = false) => ({ sessionId: '5', batchSequence, lastBatch })

test.each([
  ['the first begins the session', undefined, batch(1), 'in', { startedAt: NOON }],
  ['one whose first was never sent goes without it', undefined, batch(2), 'session_not_begun', undefined],
  ['so does a last one', undefined, batch(10, true), 'session_not_begun', undefined],
  ['one that is first and last ends it too', undefined, batch(1, true), 'in', { startedAt: NOON, endedBy: 'me' }],
  ['a later one changes nothing', { startedAt: NOON - 85 * MINUTE }, batch(2), 'in', undefined],
  ['the last one ends it', { startedAt: NOON - 1 }, batch(2, true), 'in', { startedAt: NOON - 1, endedBy: 'me' }],
  [
    'one that is too late does not belong to it',
    { startedAt: NOON - 86 * MINUTE },
    batch(2),
    'session_ended',
    undefined,
  ],
  [
    'nor does one after the last',
    { startedAt: NOON - 1, endedBy: 'another' },
    batch(3, true),
    'session_ended',
    undefined,
  ],
  ['the last one may be sent again', { startedAt: NOON - 1, endedBy: 'me' }, batch(3, true), 'in', undefined],
  [
    'batch 1 begins an ended one anew',
    { startedAt: NOON - 1, endedBy: 'another' },
    batch(1),
    'in',
    { startedAt: NOON },
  ],
  ['and one that is too old', { startedAt: NOON - 86 * MINUTE }, batch(1), 'in', { startedAt: NOON }],
])('of the batches of a session, %s', (_, known, fields, place, changed) => {
  expect(placeInSession(known, fields, 'me', NOON)).toEqual({ place, ...(changed && { changed }) })
})
