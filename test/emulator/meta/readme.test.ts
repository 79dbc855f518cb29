import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { FAULT_NAMES, fault } from '../../../lib/emulator/meta/faults.ts'
import type { Fault } from '../../../lib/emulator/meta/faults.ts'
import { AUDIENCE_STATE } from '../../../lib/emulator/meta/audience-state.ts'
import type { Setting } from '../../../lib/emulator/meta/setting.ts'
import { SETTINGS } from '../../../lib/emulator/meta/settings.ts'
import { TOKEN } from '../../../lib/emulator/meta/token.ts'

const readme = await readFile(new URL('../../../lib/emulator/meta/README.md', import.meta.url), 'utf8')

/** The rows of the table under a heading, cell by cell. */
function table(heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

function answerOf({ error, page, connection, delayMs }: Fault): string {
  if (error !== undefined)
    return `${error.status}, ${error.code}${error.subcode === undefined ? '' : `/${error.subcode}`}`
  if (page !== undefined)
    return `${page.status}, ${page.text === '' ? 'empty body' : page.text.startsWith('<') ? 'HTML page' : 'broken JSON'}`

  if (connection === 'reset') return 'connection reset'
  if (connection === 'hang') return 'none, the connection stays open'
  return connection === 'cut'
    ? 'half of the usual one, then the connection ends'
    : `the usual one after ${delayMs ?? 0} ms`
}

it('the README lists every fault with its answer and whether the rows are applied', () => {
  const listed = table('Faults').map((row) => row.slice(0, 3))
  const faults = FAULT_NAMES.map((name) => [name, answerOf(fault(name)), fault(name).applies ? 'yes' : 'no'])
  expect(listed).toEqual([...faults, ['poison', 'that of html-400 or answer', 'as that fault']])
})

it.each<[string, Readonly<Record<string, Setting<unknown>>>]>([
  ['Settings', SETTINGS],
  ['An audience', AUDIENCE_STATE],
  ['The token', TOKEN],
])('%s: the README lists everything that can be set with its initial value and what it takes', (heading, settings) => {
  const listed = table(heading).map((row) => row.slice(0, 3))
  expect(listed).toEqual(Object.entries(settings).map(([name, { initial, takes }]) => [name, String(initial), takes]))
  expect(table(heading).every(([, , , meaning]) => meaning !== undefined && meaning !== '')).toBe(true)
})
