import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settingsOf } from '../graph-api/builders.ts'
import { aConsumer, messagesOf } from '../functions/consumer-support.ts'
import { noJournal } from '../support/no-journal.ts'
import { memoryRegister } from './memory-register.ts'

const USERS = 1_000_000
const DOLLARS = { write: 0.625e-6, read: 0.125e-6 }

/** Bytes of a log's item besides its words: names of attributes, key and expiry. */
const ITEM_BYTES = 150

/** What DynamoDB charges for one turn with so many users, in an audience that was written to a moment ago. */
async function unitsOf(direction: 'add' | 'remove', users: number): Promise<{ writes: number; reads: number }> {
  const register = memoryRegister()
  const units = { writes: 0, reads: 0 }
  const consumer = await aConsumer({
    settings: settingsOf({ name: 'main' }),
    // A receipt is one write: test/aws/receipt-table.test.ts.
    journal: () => ({ ...noJournal, called: () => void (units.writes += 1) }),
    dependencies: {
      register: {
        ...register,
        take: (take) => ((units.writes += 1), register.take(take)),
        giveBack: (...args) => ((units.writes += 1), register.giveBack(...args)),
        append: (item) => (
          (units.writes += Math.ceil((item.entries.byteLength + ITEM_BYTES) / 1024)),
          register.append(item)
        ),
        read: (...args) => ((units.reads += 1), register.read(...args)),
      },
    },
  })
  const turn = (count: number, prefix: string) => {
    const list = Array.from({ length: count }, (_, index) => ({ EMAIL: `${prefix}${index}@example.com` }))
    return consumer.handle(messagesOf([{ [direction]: list }]).track)
  }
  await turn(1, 'before')
  const before = { ...units }
  await turn(users, 'user')
  return { writes: units.writes - before.writes, reads: units.reads - before.reads }
}

test.each([10_000, 100, 1])('what a million users cost, %i in a turn, stands in lib/README.md', async (users) => {
  const row = new RegExp(`^\\| ${grouped(users)} in a turn .*`, 'm')
  const [line = ''] = row.exec(readFileSync('lib/README.md', 'utf8')) ?? []
  const cells = line.split('|').map((cell) => cell.trim().replaceAll(/ (?:writes|reads?)/g, ''))
  for (const direction of ['add', 'remove'] as const) {
    const { writes, reads } = await unitsOf(direction, users)
    const dollars = (USERS / users) * (writes * DOLLARS.write + reads * DOLLARS.read)
    const expected = `${grouped(USERS / users)} × (${writes} + ${reads}) = $${dollars.toFixed(dollars < 0.1 ? 3 : 2)}`
    expect(cells[2]).toBe(expected)
  }
})

function grouped(value: number): string {
  return value.toLocaleString('en')
}
