import { expect, it } from 'vitest'
import { addRow, emptyMembership, removeRow } from '../../../lib/emulator/meta/membership.ts'
import type { UserRow } from '../../../lib/emulator/meta/membership.ts'
import { isLong } from '../../support/long.ts'
import { AUDIENCE, OTHER_AUDIENCE, aGraphApi, sha256 } from './running-graph-api.ts'

type Change = ['add' | 'remove', UserRow]

function membersAfter(...changes: Change[]): UserRow[] {
  const membership = emptyMembership()
  for (const [change, row] of changes) (change === 'add' ? addRow : removeRow)(membership, row)
  return [...membership.members]
}

const rules: [string, Change[], UserRow[]][] = [
  [
    'the same row twice is one member',
    [
      ['add', { EMAIL: 'e' }],
      ['add', { EMAIL: 'e' }],
    ],
    [{ EMAIL: 'e' }],
  ],
  [
    'rows without a common identifier are two members',
    [
      ['add', { EMAIL: 'e', FN: 'f' }],
      ['add', { EMAIL: 'd', FN: 'f' }],
    ],
    [
      { EMAIL: 'e', FN: 'f' },
      { EMAIL: 'd', FN: 'f' },
    ],
  ],
  [
    'a shared identifier merges the columns, the newer value wins',
    [
      ['add', { EMAIL: 'e', FN: 'f', LN: 'l' }],
      ['add', { EMAIL: 'e', FN: 'g', PHONE: 'p' }],
    ],
    [{ EMAIL: 'e', FN: 'g', LN: 'l', PHONE: 'p' }],
  ],
  [
    'a row that links several members makes them one',
    [
      ['add', { EMAIL: 'e', LN: 'l' }],
      ['add', { PHONE: 'p', FN: 'f' }],
      ['add', { EXTERN_ID: 'x' }],
      ['add', { EMAIL: 'e', PHONE: 'p' }],
    ],
    [{ EXTERN_ID: 'x' }, { EMAIL: 'e', LN: 'l', PHONE: 'p', FN: 'f' }],
  ],
  [
    'a changed identifier no longer finds the member',
    [
      ['add', { EXTERN_ID: 'x', EMAIL: 'old' }],
      ['add', { EXTERN_ID: 'x', EMAIL: 'new' }],
      ['remove', { EMAIL: 'old' }],
    ],
    [{ EXTERN_ID: 'x', EMAIL: 'new' }],
  ],
  [
    'a new identifier finds the member from then on',
    [
      ['add', { EXTERN_ID: 'x' }],
      ['add', { EXTERN_ID: 'x', MADID: 'm' }],
      ['remove', { MADID: 'm' }],
    ],
    [],
  ],
  [
    'a row without identifier is known by the whole row, in any order of its columns',
    [
      ['add', { FN: 'f', LN: 'l' }],
      ['add', { LN: 'l', FN: 'f' }],
      ['add', { FN: 'f' }],
    ],
    [{ FN: 'f', LN: 'l' }, { FN: 'f' }],
  ],
  [
    'a removal by one identifier is enough',
    [
      ['add', { EMAIL: 'e', PHONE: 'p' }],
      ['remove', { PHONE: 'p', FN: 'other' }],
    ],
    [],
  ],
  [
    'a removal takes everybody who shares an identifier',
    [
      ['add', { EMAIL: 'e' }],
      ['add', { PHONE: 'p' }],
      ['add', { MADID: 'm' }],
      ['remove', { EMAIL: 'e', PHONE: 'p' }],
    ],
    [{ MADID: 'm' }],
  ],
  [
    'a removal without identifier takes only the equal row',
    [
      ['add', { FN: 'f', LN: 'l' }],
      ['add', { FN: 'f' }],
      ['remove', { FN: 'f' }],
    ],
    [{ FN: 'f', LN: 'l' }],
  ],
  [
    'a removal without identifier spares a member with one',
    [
      ['add', { EMAIL: 'e', FN: 'f' }],
      ['remove', { FN: 'f' }],
    ],
    [{ EMAIL: 'e', FN: 'f' }],
  ],
  [
    'a removed identifier may come again as somebody new',
    [
      ['add', { EMAIL: 'e', FN: 'f' }],
      ['remove', { EMAIL: 'e' }],
      ['add', { EMAIL: 'e' }],
    ],
    [{ EMAIL: 'e' }],
  ],
  [
    'what only describes a person does not identify one',
    [
      ['add', { FN: 'f', LOOKALIKE_VALUE: 1 }],
      ['add', { FN: 'f', LOOKALIKE_VALUE: 2 }],
    ],
    [{ FN: 'f', LOOKALIKE_VALUE: 2 }],
  ],
  [
    'an empty row is nobody',
    [
      ['add', {}],
      ['add', { LOOKALIKE_VALUE: 1 }],
      ['remove', {}],
    ],
    [],
  ],
]
it.each(rules)('%s', (_rule, changes, members) => {
  expect(membersAfter(...changes)).toEqual(members)
})

it('members are shown under canonical names, without empty columns', async () => {
  const graph = await aGraphApi()
  await graph.add({
    schema: ['EMAIL_SHA256', 'PHONE_SHA256', 'MOBILE_ADVERTISER_ID', 'FN'],
    data: [[sha256('e'), sha256('p'), 'a-b', '']],
  })
  expect(await graph.members()).toEqual([{ EMAIL: sha256('e'), PHONE: sha256('p'), MADID: 'a-b' }])
})

it('audiences do not share members', async () => {
  const graph = await aGraphApi()
  await graph.add({ schema: 'EXTERN_ID', data: ['x'] })
  expect(await graph.members(OTHER_AUDIENCE)).toEqual([])
  expect((await graph.control('GET', 'audiences')).body).toEqual({
    audiences: [
      { id: AUDIENCE, count: 1 },
      { id: OTHER_AUDIENCE, count: 0 },
    ],
  })
})

it('with a delay a change is accepted at once and shows later, in the order in which it came', async () => {
  const graph = await aGraphApi({ settings: { delayMs: 60_000 } })
  const payload = { schema: 'EXTERN_ID', data: ['x'] }
  await graph.add(payload)
  await graph.control('PATCH', 'settings', { delayMs: 0 })
  await graph.remove(payload)
  await graph.add({ schema: 'EXTERN_ID', data: ['y'] })
  expect(await graph.members()).toEqual([])
  expect(
    (await graph.read(`${AUDIENCE}?fields=approximate_count_lower_bound`)).body.approximate_count_lower_bound,
  ).toBe(-1)
  graph.time.now += 60_000
  expect(await graph.members()).toEqual([{ EXTERN_ID: 'y' }])
})

const ROWS = isLong ? 300_000 : 30_000

it(`${ROWS} rows are taken`, () => {
  const membership = emptyMembership()
  for (let index = 0; index < ROWS; index++)
    addRow(membership, { EXTERN_ID: `x${index}`, EMAIL: `e${index % ((ROWS * 2) / 3)}` })
  expect(membership.members.size).toBe((ROWS * 2) / 3)
})
