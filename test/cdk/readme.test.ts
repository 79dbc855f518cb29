import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SETTING_NAMES, parseSettings } from '../../cdk/settings.ts'
import { EXAMPLE_TRAFFIC, costsOf } from '../../lib/cli/costs/costs.ts'
import { costsMarkdown } from '../../lib/cli/costs/costs-tables.ts'
import { CODES } from '../../lib/graph-api/verdicts.ts'
import { REASONS } from '../../lib/retry/reason-advice.ts'

const page = readFileSync('cdk/README.md', 'utf8')
const section = (heading: string) => {
  const [, text = ''] = page.split(`\n${heading}\n`)
  return text.split(/\n##+ /)[0] ?? ''
}
/** The cells of a table's rows, without head. */
const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

test('the table of settings has every key with its default, and no other', () => {
  const parsed = parseSettings({})
  if (!parsed.ok) throw new Error('the defaults cannot be used')
  const { settings } = parsed
  const expected = SETTING_NAMES.map((name) => [`\`${name}\``, String(settings[name] ?? '')])
  const rows = rowsOf(section('## Settings of the deployment'))
  expect(rows.map(([key = '', value = '']) => [key, value.replaceAll('`', '')])).toEqual([
    ['`destinations`', 'cdk/destinations.json'],
    ['`stackName`', 'FacebookAudienceSync'],
    ...expected,
  ])
})

test('the costs are those that the calculator prints', () => {
  const cells = (text: string) => text.replace(/ +/g, ' ').replace(/-+/g, '-')
  const [, between = ''] = page.split(/<!-- costs: (?:begin|end) -->/)
  expect(cells(between.trim())).toBe(cells(costsMarkdown(costsOf(EXAMPLE_TRAFFIC))))
})

test('every reason for a pause has a row in the runbook, or one that covers it', () => {
  const named = rowsOf(section('### paused-destination')).flatMap(([reasons = '']) =>
    [...reasons.matchAll(/`(\w+)(…?)`/g)].map(([, reason = '', more]) => ({ reason, covers: more === '…' })),
  )
  const pauses = Object.entries(CODES).filter(([, { verdict }]) => verdict === 'pause')
  expect(pauses.length).toBeGreaterThan(20)
  const missing = pauses
    // The others of 200 to 299 are missing permissions too, as 200 is.
    .map(([codes]) => `graph_${codes.replace('200–299', '200').replace('/', '_')}`)
    .filter((reason) => !named.some((row) => row.reason === reason || (row.covers && reason.startsWith(row.reason))))
  expect(missing).toEqual([])
  for (const reason of ['token_not_set', 'token_unreadable']) expect(named).toContainEqual({ reason, covers: false })
})

test('the reasons of dead letters have the meaning and the fix that `dlq list` tells', () => {
  const rows = rowsOf(section('### dead-letters'))
  const named = Object.keys(REASONS).map((reason) => rows.find(([first]) => first === `\`${reason}\``))
  expect(named).toEqual(Object.entries(REASONS).map(([reason, { meaning, fix }]) => [`\`${reason}\``, meaning, fix]))
})

test('no command has a comment or a backtick, which zsh does not take when it is pasted', () => {
  const blocks = [...page.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].map(([, block = '']) => block)
  expect(blocks.length).toBeGreaterThan(20)
  for (const block of blocks) expect(block).not.toMatch(/(?:^|\s)# |`/m)
})

test('every entry of the runbook says what it means, what to check and how to fix it', () => {
  const [, runbook = ''] = page.split('\n## Runbook\n')
  const entries = runbook.split('\n### ').slice(1)
  expect(entries).toHaveLength(13)
  for (const entry of entries) expect(entry).toMatch(/\*\*Means\*\*[^]*\*\*Check\*\*[^]*(?:\*\*Fix\*\*|\| fix )/)
})
