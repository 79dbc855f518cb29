import { expect, test } from 'vitest'
import { EXAMPLE_TRAFFIC, TOTAL, costsOf } from '../../../lib/cli/costs/costs.ts'
import type { Costs, Traffic } from '../../../lib/cli/costs/costs.ts'
import { costsTables } from '../../../lib/cli/costs/costs-tables.ts'
import { aTerminal } from '../a-terminal.ts'
import { cli } from '../typed.ts'

const costs = (...args: string[]) => cli(['costs', ...args])

/** The dollars of a row, column by column. */
function dollars(tables: string, row: string): number[] {
  const line = tables.split('\n').find((each) => each.startsWith(`| ${row}`)) ?? ''
  return [...line.matchAll(/\$([\d.]+)/g)].map(([, number]) => Number(number))
}

test('costs of traffic of our own are printed: its users, its requests, its destinations', async () => {
  const { status, stdout } = await costs('--users', '2000000', '--per-request', '10', '--destinations', '3')
  expect(status).toBe(0)
  expect(stdout).toContain('| 2,000,000 users | 10 in a request |')
  expect(stdout).toContain('| a month | 3 destinations |')
  expect(dollars(stdout, 'REST API')).toEqual([0.7])
  // The secret of write keys and three of tokens; 27 alarms and 6 for each destination.
  expect(dollars(stdout, 'secrets')).toEqual([2])
  expect(dollars(stdout, 'alarms')).toEqual([4.5])
})

test('twice as many users cost twice as much, and each destination has requests to Meta of its own', () => {
  const once = costOf(EXAMPLE_TRAFFIC, TOTAL)
  expect(costOf({ ...EXAMPLE_TRAFFIC, users: 2_000_000 }, TOTAL)).toBeCloseTo(2 * once, 1)
  const consumer = costOf(EXAMPLE_TRAFFIC, 'consumer')
  expect(costOf({ ...EXAMPLE_TRAFFIC, destinations: 5 }, 'consumer')).toBeCloseTo(5 * consumer, 10)
})

function costOf(traffic: Traffic, what: string): number {
  return costsOf(traffic).forUsers.find((part) => part.what === what)?.dollars[0] ?? NaN
}

test('programs get the same costs as figures', async () => {
  const { stdout } = await costs('--users', '2000000', '--per-request', '10', '--destinations', '3', '--json')
  const { traffic, forUsers, perMonth, prices } = JSON.parse(stdout) as Costs
  expect(traffic).toEqual({ users: 2_000_000, usersPerRequest: [10], destinations: 3 })
  expect(forUsers).toContainEqual({ what: 'REST API', dollars: [expect.closeTo(0.7, 10)] })
  expect(perMonth[0]?.dollars).toEqual([expect.closeTo(2, 10)])
  expect(prices[0]).toMatchObject({ dollars: 3.5, per: 1_000_000 })
})

test('in a terminal the tables are without the marks of Markdown, and fit its width', () => {
  const lines = costsTables(costsOf(EXAMPLE_TRAFFIC), aTerminal(80)).split('\n')
  expect(lines[0]).toBe('a million users  1 in a request  10 in a request  100 in a request')
  expect(lines.filter((line) => /[|*`]/.test(line) || line.length > 80)).toEqual([])
})

test.each([
  [
    ['--users', 'many'],
    "'--users <n>' argument 'many' is invalid. It must be a whole number of at least 1, such as 10.",
  ],
  [['--users', '0'], 'must be a whole number'],
  [['--per-request', '1.5'], 'must be a whole number'],
  [['--destinations', 'cdk/destinations.json'], 'must be a whole number'],
  [['event.json'], 'too many arguments'],
])('costs ends with 2 for wrong usage %j, says what is wrong, and where the help is', async (args, message) => {
  const { status, stdout, stderr } = await costs(...args)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
  expect(stderr).toContain('Help: npm run -s cli -- costs --help')
})
