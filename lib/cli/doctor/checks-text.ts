import { table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wrapped } from '../terminal/wrap.ts'
import type { CheckGroup, Outcome } from './check.ts'

const SIGNS = {
  ok: ['✓', 'green'],
  warn: ['!', 'yellow'],
  fail: ['✗', 'red'],
  skipped: ['–', 'dim'],
} as const satisfies Record<Outcome, readonly [string, Parameters<Terminal['paint']>[0]]>

const WORD_WIDTH = Math.max(...Object.keys(SIGNS).map((word) => word.length))
const INDENT = '  '
const LONGEST_LINE = 100

/**
 * A line for each check, and the fix below what is not well. Elsewhere than on a terminal a row between tabs: destination,
 * subject, check, outcome, finding, fix.
 */
export function groupText({ destination = '', subject, checks }: CheckGroup, terminal: Terminal): string {
  const { columns, paint } = terminal
  if (columns === undefined)
    return table(
      [],
      checks.map(({ check, outcome, finding, fix = '' }) => [destination, subject, check, outcome, finding, fix]),
      terminal,
    )
  const width = Math.max(...checks.map(({ check }) => check.length))
  const lines = checks.map(({ check, outcome, finding, fix }) => {
    const [sign, style] = SIGNS[outcome]
    const start = `${INDENT}${sign} ${outcome.padEnd(WORD_WIDTH)}  ${check.padEnd(width)}  `
    const text = wrapped(finding, Math.min(columns, LONGEST_LINE), ' '.repeat(start.length)).slice(start.length)
    const painted = `${INDENT}${paint(style, start.slice(INDENT.length, INDENT.length + 2 + WORD_WIDTH))}${start.slice(INDENT.length + 2 + WORD_WIDTH)}`
    const advice = fix === undefined ? '' : `\n${fixText(fix, columns)}`
    return `${painted}${text}${advice}`
  })
  const title = destination === '' ? subject : `${destination}: ${subject}`
  return [paint('bold', title), ...lines].join('\n')
}

/** What to click or paste. A command stays on a line of its own, so that it can be copied. */
function fixText(fix: string, columns: number): string {
  const at = fix.search(/(?:npm run|aws) /)
  const [words, command] = at < 0 ? [fix, ''] : [fix.slice(0, at).trim(), fix.slice(at)]
  const indent = `${INDENT}    `
  const text = words === '' ? [] : [wrapped(words, Math.min(columns, LONGEST_LINE), indent)]
  const lines = [...text, ...(command === '' ? [] : [`${indent}${command}`])].join('\n')
  return `${INDENT}  → ${lines.slice(indent.length)}`
}
