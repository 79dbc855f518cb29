import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import type { Outcome } from '../../lib/graph-api/delivery.ts'
import { sendAdds, sendRemovals } from '../../lib/register/guard.ts'
import { createRegister } from '../../lib/register/register.ts'
import type { RegisterTable } from '../../lib/register/register.ts'

const NOW = 1_800_000_000_000
const USERS = 1_000_000
const DOLLARS = { write: 0.625e-6, read: 0.125e-6 }

/** Bytes of an item besides its entries: names of attributes, key, writer and expiry. */
const ITEM_BYTES = 150

/** What DynamoDB charges for a request of so many users in an audience where nothing else happens. */
async function unitsOf(direction: 'add' | 'remove', users: number): Promise<{ writes: number; reads: number }> {
  const units = { writes: 0, reads: 0 }
  const table: RegisterTable = {
    append: ({ entries }) => {
      units.writes += Math.ceil((entries.byteLength + ITEM_BYTES) / 1024)
      return Promise.resolve()
    },
    // eslint-disable-next-line require-yield
    read: async function* () {
      await Promise.resolve((units.reads += 1))
    },
  }
  const onFailure = () => expect.fail()
  const register = createRegister({ table, writer: 'w', clock: () => NOW, deadline: Infinity, onFailure })
  const changes: Change[] = Array.from({ length: users }, (_, index) => {
    const cells = [String(index)]
    return { cells, identifiers: [`EMAIL:${String(index)}`], at: NOW - 1_000 }
  })
  const received = { numReceived: users, numInvalid: 0, invalidSamples: {} }
  const send = (sent: readonly Change[]): Promise<Outcome[]> =>
    Promise.resolve([{ kind: 'delivered', changes: sent, received }])
  if (direction === 'add') await sendAdds(register, '1', changes, send)
  else await sendRemovals(register, { audienceId: '1', schema: ['EMAIL'] }, changes, send)
  return units
}

test.each([10_000, 100, 1])('what a million users cost, %i in a request, stands in lib/README.md', async (users) => {
  const row = new RegExp(`^\\| ${grouped(users)} in a request .*`, 'm')
  const [line = ''] = row.exec(readFileSync('lib/README.md', 'utf8')) ?? []
  const cells = line.split('|').map((cell) => cell.trim().replaceAll(/ (?:writes|reads)/g, ''))
  const expected = []
  for (const direction of ['add', 'remove'] as const) {
    const { writes, reads } = await unitsOf(direction, users)
    const dollars = (USERS / users) * (writes * DOLLARS.write + reads * DOLLARS.read)
    const inWords = `$${dollars.toFixed(dollars < 0.1 ? 3 : 2)}`
    expected.push(`${grouped(USERS / users)} × (${String(writes)} + ${String(reads)}) = ${inWords}`)
  }
  expect(cells.slice(2, 4)).toEqual(expected)
})

function grouped(value: number): string {
  return value.toLocaleString('en')
}
