import { expect, test } from 'vitest'
import { listedErasure } from '../../lib/erasure/listed-erasure.ts'
import { letGoBy } from '../../lib/erasure/record.ts'
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
  { destination: 'main', audienceId: AUDIENCE, done: main, takenBack: 0 },
  { destination: 'main', audienceId: 'act_1', done: act, takenBack: 0 },
  { destination: 'crm', audienceId: AUDIENCE, done: crm, takenBack: 0 },
  { destination: 'crm', audienceId: OTHER_AUDIENCE, done: other, takenBack: 0 },
]

test('an erasure is listed with every audience of a destination that can name somebody, and how many have left it', () => {
  expect(listedErasure(RECORD, letGo(2, 0, 3, 1).toReversed())).toEqual({
    ...{ id: 'e-1', at: '2026-11-27T10:00:00.000Z', kind: 'erase', source: 'server', users: 3, state: 'open' },
    removals: [
      { destination: 'main', audienceId: AUDIENCE, users: 2, done: 2, takenBack: 0 },
      { destination: 'main', audienceId: 'act_1', users: 2, done: 0, takenBack: 0 },
      { destination: 'crm', audienceId: AUDIENCE, users: 3, done: 3, takenBack: 0 },
      { destination: 'crm', audienceId: OTHER_AUDIENCE, users: 3, done: 1, takenBack: 0 },
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

test('an erasure is over, and not called done, when somebody was taken back and added again before the removal', () => {
  const [first, ...others] = letGo(1, 2, 3, 3)
  const cameBack = { destination: 'main', audienceId: AUDIENCE, done: 1, takenBack: 1 }
  expect(listedErasure(RECORD, [cameBack, ...others])).toMatchObject({
    state: 'taken_back',
    removals: [{ users: 2, done: 1, takenBack: 1 }, {}, {}, {}],
  })
  expect(listedErasure(RECORD, first ? [first, ...others] : []).state).toBe('open')
})

test('a person with two rows has left an audience with both of them, and is one person', () => {
  expect(letGoBy(['0', '7.1', '7.2', '8.1'], [])).toEqual({ done: 2, takenBack: 0 })
  expect(letGoBy(['7', '7.1', '7.2'], [])).toEqual({ done: 1, takenBack: 0 })
  expect(letGoBy(['0', '7.1', '8.1'], ['0', '7.2', '9'])).toEqual({ done: 1, takenBack: 2 })
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
