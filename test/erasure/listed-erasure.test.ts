import { expect, test } from 'vitest'
import { listedErasure } from '../../lib/erasure/listed-erasure.ts'
import type { ErasureRecord, LetGo } from '../../lib/erasure/record.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../support/settings.ts'

const RECORD: ErasureRecord = {
  ...{ id: 'e-1', at: Date.parse('2026-11-27T10:00:00Z'), kind: 'erase', source: 'server', users: 3 },
  removals: [
    { destination: 'main', audienceIds: [AUDIENCE, 'act_1'], users: 2 },
    { destination: 'crm', audienceIds: [AUDIENCE, OTHER_AUDIENCE], users: 3 },
    { destination: 'phones', audienceIds: [AUDIENCE], users: 0 },
  ],
  notSent: [],
}
const letGo = (main: number, act: number, crm: number, other: number): LetGo[] => [
  { destination: 'main', audienceId: AUDIENCE, done: main },
  { destination: 'main', audienceId: 'act_1', done: act },
  { destination: 'crm', audienceId: AUDIENCE, done: crm },
  { destination: 'crm', audienceId: OTHER_AUDIENCE, done: other },
]

test('an erasure is listed with every audience of a destination that can name somebody, and how many have left it', () => {
  expect(listedErasure(RECORD, letGo(2, 0, 3, 1).toReversed())).toEqual({
    ...{ id: 'e-1', at: '2026-11-27T10:00:00.000Z', kind: 'erase', source: 'server', users: 3, state: 'open' },
    removals: [
      { destination: 'main', audienceId: AUDIENCE, users: 2, done: 2 },
      { destination: 'main', audienceId: 'act_1', users: 2, done: 0 },
      { destination: 'crm', audienceId: AUDIENCE, users: 3, done: 3 },
      { destination: 'crm', audienceId: OTHER_AUDIENCE, users: 3, done: 1 },
    ],
    notSent: [],
  })
})

test.each<[string, LetGo[], 'done' | 'open']>([
  ['no audience has let go anybody', [], 'open'],
  ['one audience still has somebody', letGo(2, 2, 3, 2), 'open'],
  ['one audience has let go nobody', letGo(2, 2, 3, 3).slice(1), 'open'],
  ['an audience of another destination has let go as many', letGo(3, 2, 2, 3), 'open'],
  ['every audience has let go everybody', letGo(2, 2, 3, 3), 'done'],
])('while %s, it is %s', (_, done, state) => {
  expect(listedErasure(RECORD, done).state).toBe(state)
})

test('an erasure that is taken back is done at once', () => {
  const record = { ...RECORD, kind: 'unerase', removals: [] } as const
  expect(listedErasure(record, [])).toMatchObject({ state: 'done', removals: [] })
})

test('an erasure of people whom no destination can name is never called done: it removed nobody', () => {
  const removals = [{ destination: 'main', audienceIds: [AUDIENCE], users: 0 }]
  const notSent = [{ destination: 'trial', code: 'dry_run' }] as const
  const listed = listedErasure({ ...RECORD, removals, notSent }, [])
  expect(listed).toMatchObject({ state: 'nobody_removed', removals: [], notSent })
})
