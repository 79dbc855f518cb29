import { expect, test } from 'vitest'
import { EXAMPLE_TRAFFIC, costsTables } from '../../../lib/cli/costs/costs-tables.ts'
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
  const [once = 0] = dollars(costsTables(EXAMPLE_TRAFFIC), '**total**')
  const [twice = 0] = dollars(costsTables({ ...EXAMPLE_TRAFFIC, users: 2_000_000 }), '**total**')
  expect(twice).toBeCloseTo(2 * once, 1)
  const [consumer = 0] = dollars(costsTables(EXAMPLE_TRAFFIC), 'consumer')
  expect(dollars(costsTables({ ...EXAMPLE_TRAFFIC, destinations: 5 }), 'consumer')[0]).toBeCloseTo(5 * consumer, 1)
})

test.each([
  [
    ['--users', 'many'],
    "'--users <n>' argument 'many' is invalid. It must be a whole number of at least 1, such as 10.",
  ],
  [['--users', '0'], 'must be a whole number'],
  [['--per-request', '1.5'], 'must be a whole number'],
  [['--destinations', 'cdk/destinations.json'], 'must be a whole number'],
  [['--json'], "unknown option '--json'"],
  [['event.json'], 'too many arguments'],
])('costs ends with 2 for wrong usage %j, says what is wrong, and where the help is', async (args, message) => {
  const { status, stdout, stderr } = await costs(...args)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
  expect(stderr).toContain('Help: npm run -s cli -- costs --help')
})
