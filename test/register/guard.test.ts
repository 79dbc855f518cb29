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

function row(at: number, email: string, phone = '', name = 'name'): Change {
  const cells = [email, phone, name]
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
  const registerOf = (writer: string) =>
    createRegister({ table, writer, clock: () => NOW + 100, deadline: Infinity, onFailure: () => undefined })
  return { mine: registerOf('mine'), other: registerOf('other') }
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

test('a removal that comes late is not sent, and who came back since is put back, as an earlier attempt may have taken them out', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(8, 'ann')])
  const { sent, send } = meta()
  const { adds } = await sendRemovals(mine, TARGET, [row(5, 'ann'), row(5, 'bob')], send)
  expect(sent).toEqual([row(5, 'bob')])
  expect(adds).toEqual([row(8, 'ann', '', '')])
})

test('where two share a phone and one of them came back, the other is removed all the same, and the first added again', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(8, 'bob', 'home')])
  const { sent, send } = meta()
  const { adds } = await sendRemovals(mine, TARGET, [row(5, 'ann', 'home')], send)
  expect(sent).toEqual([row(5, 'ann')])
  expect(adds).toMatchObject([{ cells: ['', 'home', ''], at: NOW + 8 }])
})

test('who came back is not put back when they were removed again by what the late removal does not name', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(8, 'bob', 'home')])
  const { adds } = await sendRemovals(mine, TARGET, [row(5, 'ann', 'home')], meta().send)
  await other.record('1', 'remove', [row(9, 'bob')])
  const puttingBack = meta()
  const { removals } = await sendAdds(mine, '1', adds, puttingBack.send)
  expect(puttingBack.sent).toEqual([])

  // Nor is the phone taken out when Bob has come back once more: nobody could put him back by what is known here.
  await other.record('1', 'add', [row(10, 'bob')])
  const takingOut = meta()
  expect(await sendRemovals(mine, TARGET, removals, takingOut.send)).toEqual({ outcomes: [], adds: [] })
  expect(takingOut.sent).toEqual([])
})

test('who is known by a name and a birthday alone is put back by them', async () => {
  const { mine, other } = registers()
  const target = { ...TARGET, schema: ['EMAIL', 'FN', 'DOBY'] } as const
  const known = (at: number) => {
    const cells = ['', 'ann', '1990']
    return { cells, identifiers: identifiersOf(target.schema, cells), at: NOW + at }
  }
  await other.record('1', 'add', [known(8)])
  expect((await sendRemovals(mine, target, [known(5)], meta().send)).adds).toEqual([known(8)])
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

test('what is too old to be looked up in half a minute waits and may be given up; adds are not sent before, removals are', async () => {
  const table = memoryTable()
  let now = NOW + 100
  const slow: RegisterTable = {
    append: (item) => table.append(item),
    read: async function* (...range) {
      now += 40_000
      yield* table.read(...range)
    },
  }
  const clock = () => now
  const late = createRegister({ table: slow, writer: 'mine', clock, deadline: Infinity, onFailure: () => undefined })
  await late.record('1', 'add', [row(-9, 'bob')])
  await late.record('1', 'remove', [row(-9, 'bob')])
  const tried = { kind: 'waiting', reason: 'register_out_of_time', waitSeconds: 0, tried: true }
  const adding = meta()
  const added = await sendAdds(late, '1', [row(5, 'ann')], adding.send)
  expect(added).toEqual({ outcomes: [{ ...tried, changes: [row(5, 'ann')] }], removals: [] })
  expect(adding.sent).toEqual([])
  const removing = meta()
  const { outcomes } = await sendRemovals(late, TARGET, [row(5, 'ann')], removing.send)
  expect(removing.sent).toEqual([row(5, 'ann')])
  expect(outcomes).toContainEqual({ ...tried, changes: [row(5, 'ann')] })
})

test('adds wait when they cannot be written down, although the register can be read, and an outage gives nobody up', async () => {
  const append = () => Promise.reject(new Error('down'))
  const { mine } = registers({ ...memoryTable(), append })
  const { sent, send } = meta()
  const { outcomes } = await sendAdds(mine, '1', [row(5, 'ann')], send)
  expect(sent).toEqual([])
  expect(outcomes).toEqual([
    { kind: 'waiting', changes: [row(5, 'ann')], reason: 'register_unreachable', waitSeconds: 0 },
  ])
})

test('a removal that follows an add which may still be on its way is sent, and sent again four minutes later', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(3, 'ann'), row(7, 'bob')])
  const { sent, send } = meta()
  const { outcomes } = await sendRemovals(mine, TARGET, [row(5, 'ann'), row(5, 'eve')], send)
  expect(sent).toHaveLength(2)
  expect(outcomes.filter(({ kind }) => kind === 'waiting')).toEqual([
    { kind: 'waiting', changes: [row(5, 'ann')], reason: 'add_under_way', waitSeconds: 240 },
  ])
})

test('an add is sent again also when the older removal was written down while it was sent', async () => {
  const { mine, other } = registers()
  const { send } = meta(() => other.record('1', 'remove', [row(3, 'ann')]))
  const { outcomes } = await sendAdds(mine, '1', [row(5, 'ann')], send)
  expect(waits(outcomes)).toEqual([['removal_under_way', 240]])
})

test('those who came back at one time by two rows are put back as two, each compared by what its own row named', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(8, 'ann'), row(8, 'bob', 'home')])
  const { adds } = await sendRemovals(mine, TARGET, [row(5, 'ann', 'home')], meta().send)
  expect(adds.map(({ cells }) => cells)).toEqual([
    ['ann', '', ''],
    ['', 'home', ''],
  ])
})

test('a removal of which only what the register has told is left is not sent', async () => {
  const { mine, other } = registers()
  await other.record('1', 'add', [row(6, 'bob', 'home')])
  const { adds } = await sendRemovals(mine, TARGET, [row(5, 'ann', 'home')], meta().send)
  await other.record('1', 'remove', [row(7, '', 'home')])
  const { removals } = await sendAdds(mine, '1', adds, meta().send)
  await other.record('1', 'add', [row(8, '', 'home')])
  const { sent, send } = meta()
  expect((await sendRemovals(mine, TARGET, removals, send)).adds).toHaveLength(1)
  expect(sent).toEqual([])
})
