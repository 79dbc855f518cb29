import { styleText } from 'node:util'
import type { Explanation } from './explain.ts'

/** Users and rows are shown up to this many; `--json` has all of them. */
const MOST_SHOWN = 20

/** An explanation for people: what is sent, how each value got there, and what is left out and why. */
export function explanationTable({ requests, users, dropped, warnings, error }: Explanation): string {
  const lines: string[] = []
  if (error) lines.push(styleText('red', `Not usable: ${error.code}`), `  ${error.message}`)
  for (const { code, message } of warnings) lines.push(styleText('yellow', `Warning: ${code}`), `  ${message}`)

  for (const { destination, list, index, fields } of users.slice(0, MOST_SHOWN)) {
    lines.push('', styleText('bold', `${list}[${String(index)}] for destination ${destination}`))
    const rows = fields.map(({ field, given, normalised, sent }) => [field, show(given), normalised, show(sent)])
    lines.push(...columns([['field', 'given', 'normalised', 'sent'], ...rows]))
  }
  if (users.length > MOST_SHOWN) lines.push('', `… and ${String(users.length - MOST_SHOWN)} more users`)

  if (dropped.length > 0) lines.push('', styleText('bold', 'Left out'))
  const leftOut = dropped.map(({ destination, list, index, field = '', reason }) => [
    `${list}[${String(index)}]`,
    field,
    reason,
    destination,
  ])
  lines.push(...columns(leftOut.slice(0, MOST_SHOWN)))

  for (const { method, path, body } of requests) {
    const { payload, session } = body
    lines.push('', styleText('bold', `${method} ${path}`), `  schema   ${payload.schema.join(', ')}`)
    lines.push(`  users    ${String(payload.data.length)}`)
    if (session) lines.push(`  session  ${JSON.stringify(session)}`)
  }
  if (requests.length === 0) lines.push('', 'No request would be sent.')
  return lines.join('\n')
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
  return text.length > 34 ? `${text.slice(0, 33)}…` : text
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
