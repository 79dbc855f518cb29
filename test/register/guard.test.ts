import { expect, test } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import type { Outcome } from '../../lib/graph-api/delivery.ts'
import { sendAdds, sendRemovals } from '../../lib/register/guard.ts'
import { createRegister } from '../../lib/register/register.ts'
import type { RegisterTable } from '../../lib/register/register.ts'
import { memoryTable } from './memory-table.ts'

const NOW = 1_800_000_000_000
const SCHEMA = ['EMAIL', 'PHONE', 'FN'] as const
const TARGET = { audienceId: '1', schema: SCHEMA }

function row(at: number, email: string, phone = ''): Change {
  const cells = [email, phone, 'name']
  return { cells, identifiers: identifiersOf(SCHEMA, cells), at: NOW + at }
}

/** Meta, which takes everything; `during` happens while it does. */
function meta(during: () => Promise<unknown> = () => Promise.resolve()) {
  const sent: Change[] = []
  const send = async (changes: readonly Change[]): Promise<Outcome[]> => {
    sent.push(...changes)
    await during()
    return [
      { kind: 'delivered', changes, received: { numReceived: changes.length, numInvalid: 0, invalidSamples: {} } },
    ]
  }
  return { sent, send }
}

function registers(table: RegisterTable = memoryTable()) {
  return {
    mine: createRegister(table, 'mine', () => NOW + 100),
    other: createRegister(table, 'other', () => NOW + 100),
  }
}

const UNREACHABLE: RegisterTable = {
  append: () => Promise.reject(new Error('down')),
  read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('down')) }) }),
}

function waits(outcomes: readonly Outcome[]) {
  return outcomes.flatMap((outcome) => (outcome.kind === 'waiting' ? [[outcome.reason, outcome.waitSeconds]] : []))
}

test.each([
  ['newer', 10],
  ['of the same time', 5],
])('nobody is put back for a moment whose removal, %s, is written down already', async (_, removedAt) => {
  const { mine, other } = registers()
  await other.record('1', 'remove', [row(removedAt, 'ann')])
  const { sent, send } = meta()
  const { removals } = await sendAdds(mine, '1', [row(5, 'ann', 'ann-phone'), row(5, 'bob')], send)
  expect(sent).toEqual([row(5, 'bob')])
  expect(removals).toEqual([row(removedAt, 'ann', 'ann-phone')])
})

test('an add that is removed while it is sent becomes a removal', async () => {
  const { mine, other } = registers()
  const { send } = meta(() => other.record('1', 'remove', [row(9, 'ann')]))
  expect((await sendAdds(mine, '1', [row(5, 'ann'), row(5, 'bob')], send)).removals).toEqual([row(9, 'ann')])
})

test('an add that follows a removal which may still be on its way is sent, and sent again four minutes later', async () => {
  const { mine, other } = registers()
  await other.record('1', 'remove', [row(3, 'ann')])
  const { sent, send } = meta()
  const { outcomes } = await sendAdds(mine, '1', [row(5, 'ann'), row(5, 'bob')], send)
  expect(sent).toHaveLength(2)
  expect(outcomes.filter(({ kind }) => kind === 'waiting')).toEqual([
    { kind: 'waiting', changes: [row(5, 'ann')], reason: 'removal_under_way', waitSeconds: 240 },
  ])
})

test('a removal is written down before it is sent', async () => {
  const table = memoryTable()
  const { send } = meta(() => {
    expect(table.items.map(({ direction }) => direction)).toEqual(['remove'])
    return Promise.resolve()
  })
  await sendRemovals(registers(table).mine, TARGET, [row(5, 'ann')], send)
  expect.assertions(1)
})

test('a removal that comes late does not take out who came back since', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(8, 'ann')])
  const { sent, send } = meta()
  expect((await sendRemovals(mine, TARGET, [row(5, 'ann'), row(5, 'bob')], send)).adds).toEqual([])
  expect(sent).toEqual([row(5, 'bob')])
})

test('where two share a phone and one of them came back, the other is removed all the same, and the first added again', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(8, 'bob', 'home')])
  const { sent, send } = meta()
  const { adds } = await sendRemovals(mine, TARGET, [row(5, 'ann', 'home')], send)
  expect(sent).toEqual([row(5, 'ann')])
  expect(adds).toEqual([row(8, '', 'home')])
})

test('who came back under several identifiers did so at the time of each, and not at the newest of all', async () => {
  const { mine, other } = registers()
  const schema = ['EMAIL', 'PHONE', 'EXTERN_ID'] as const
  const known = (at: number, ...cells: string[]) => ({ cells, identifiers: identifiersOf(schema, cells), at: NOW + at })
  await other.record('1', 'add', [known(8, 'ann', '', ''), known(6, '', 'ann-phone', '')])
  const { send } = meta()
  const { adds } = await sendRemovals(mine, { ...TARGET, schema }, [known(5, 'ann', 'ann-phone', 'a1')], send)
  // Stamped with 8, the phone would be put back although it was removed at 7.
  expect(adds).toEqual([known(8, 'ann', '', ''), known(6, '', 'ann-phone', '')])
})

test('an add that comes late and was overtaken twice takes nobody out who came back in between', async () => {
  const { mine, other } = registers()
  await other.record('1', 'remove', [row(7, 'ann')])
  await other.record('1', 'add', [row(8, 'ann')])
  await other.record('1', 'remove', [row(9, '', 'ann-phone')])
  const { removals } = await sendAdds(mine, '1', [row(5, 'ann', 'ann-phone')], meta().send)
  const { sent, send } = meta()
  await sendRemovals(mine, TARGET, removals, send)
  expect(sent.flatMap(({ identifiers }) => identifiers)).toEqual(['PHONE:ann-phone'])
})

test('a removal of whom some identifiers came back waits as a whole, so that they come back again behind it', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(8, 'ann')])
  const refuse = (changes: readonly Change[]): Promise<Outcome[]> =>
    Promise.resolve([{ kind: 'waiting', changes, reason: 'http_500', waitSeconds: 0 }])
  const { outcomes } = await sendRemovals(mine, TARGET, [row(5, 'ann', 'ann-phone')], refuse)
  expect(outcomes.flatMap(({ changes }) => changes)).toEqual([row(5, 'ann', 'ann-phone')])
})

test('when the table cannot be reached, adds wait, and removals are sent and wait to be written down', async () => {
  const { mine } = registers(UNREACHABLE)
  const adding = meta()
  expect(waits((await sendAdds(mine, '1', [row(5, 'ann')], adding.send)).outcomes)).toEqual([
    ['register_unreachable', 0],
  ])
  expect(adding.sent).toEqual([])
  const removing = meta()
  const { outcomes } = await sendRemovals(mine, TARGET, [row(5, 'ann')], removing.send)
  expect(removing.sent).toEqual([row(5, 'ann')])
  expect(waits(outcomes)).toEqual([['register_unreachable', 0]])
})
