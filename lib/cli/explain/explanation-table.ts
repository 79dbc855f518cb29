import { styleText } from 'node:util'
import { columns } from '../terminal/columns.ts'
import type { Explanation } from './explain.ts'

/** At most so many users and rows are shown; `--json` has all of them. */
const MOST_SHOWN = 20

/** An explanation for people: what is sent, how each value got there, and what is left out and why. */
export function explanationTable(explanation: Explanation): string {
  const { time, requests, users, dropped, rejected, ignored, warnings, more, error } = explanation
  const lines: string[] = []
  if (error) lines.push(styleText('red', `Not usable: ${error.code}`), `  ${error.message}`)
  const meant = (suggestion: string | undefined) => (suggestion === undefined ? '' : ` Did you mean ${suggestion}?`)
  for (const { index, code, message, field, suggestion, keys = [] } of rejected) {
    const what = index < 0 ? 'The body' : `Event ${index}`
    lines.push(styleText('red', `${what} is rejected: ${code}`), `  ${message}`)
    if (field !== undefined) lines.push(`  It is about "${field}".${meant(suggestion)}`)
    if (keys.length > 0) lines.push(`  It has: ${keys.join(', ')}.`)
  }
  if (more.rejected > 0) lines.push(`… and ${more.rejected} more rejected events`)
  for (const { index, code, event, key, type, suggestion, mapped = [] } of ignored) {
    const what =
      event !== undefined
        ? `the event name "${event}"`
        : type !== undefined
          ? `the call type "${type ?? ''}"`
          : key
            ? `the audience key "${key}"`
            : 'a call without an audience key'
    lines.push(styleText('yellow', `Event ${index} is ignored: ${code}`))
    const names = mapped.length > 0 ? ` Mapped are: ${mapped.join(', ')}.` : ''
    lines.push(`  Nothing follows from ${what}.${names}${meant(suggestion)}`)
  }
  if (more.ignored > 0) lines.push(`… and ${more.ignored} more ignored events`)
  for (const warning of warnings.slice(0, MOST_SHOWN)) {
    const { code, message, field, suggestion, count, list, index, destination, category, said, given } = warning
    lines.push(styleText('yellow', `Warning: ${code}`), `  ${message}`)
    if (list !== undefined) lines.push(`  It is in ${placeText({ list, index })}.`)
    else if (said !== undefined)
      lines.push(
        `  Destination ${destination ?? ''}, ${count ?? 1} of the users: ${category === undefined ? 'their own consent' : `"${category}"`} is ${said}.${given === undefined ? '' : ` It is "${given}", at ${field ?? ''}.`}`,
      )
    else if (destination !== undefined && count !== undefined)
      lines.push(`  Destination ${destination}, ${count} of the users.`)
    else if (field !== undefined) lines.push(`  It is "${field}", in ${count ?? 1} of the users.${meant(suggestion)}`)
  }
  const moreWarnings = more.warnings + Math.max(0, warnings.length - MOST_SHOWN)
  if (moreWarnings > 0) lines.push(`… and ${moreWarnings} more warnings`)
  if (time) lines.push(`The event happened at ${time.value}, ${TIME_SOURCES[time.from]}.`)

  for (const { destination, list, index, fields } of users.slice(0, MOST_SHOWN)) {
    lines.push('', styleText('bold', `${placeText({ list, index })} for destination ${destination}`))
    const rows = fields.map(({ field, given, normalised, sent }) => [field, show(given), normalised, show(sent)])
    lines.push(...columns([['field', 'given', 'normalised', 'sent'], ...rows]))
  }
  if (users.length > MOST_SHOWN) lines.push('', `… and ${users.length - MOST_SHOWN} more users`)

  if (dropped.length > 0) lines.push('', styleText('bold', 'Left out'))
  const leftOut = dropped.map(({ destination, list, index, field = '', reason }) => [
    placeText({ list, index }),
    field,
    reason,
    destination,
  ])
  lines.push(...columns(leftOut.slice(0, MOST_SHOWN)))
  if (leftOut.length > MOST_SHOWN) lines.push(`  … and ${leftOut.length - MOST_SHOWN} more`)
  for (const [reason, message] of new Map(dropped.map((each) => [each.reason, each.message])))
    lines.push(`  ${reason}: ${message}`)

  for (const { method, path, body, dryRun } of requests) {
    const { payload, session } = body
    lines.push(
      '',
      styleText('bold', `${method} ${path}${dryRun ? ' (trial run: not sent)' : ''}`),
      `  schema   ${payload.schema.join(', ')}`,
    )
    lines.push(`  users    ${payload.data.length}`)
    if (session) lines.push(`  session  ${JSON.stringify(session)}`)
    if (session && session.batch_seq > 1)
      lines.push(
        '           A session begins with batchSequence 1; without it, the users are sent without the session.',
      )
  }
  if (requests.length === 0) lines.push('', 'No request would be sent.')
  return lines.join('\n')
}

const TIME_SOURCES: Record<NonNullable<Explanation['time']>['from'], string> = {
  originalTimestamp: 'as its originalTimestamp says',
  timestamp: 'as its timestamp says',
  receivedAt: 'when a CDP received it, as its receivedAt says',
  corrected: 'by how long before the sending it was',
  received: 'which is now: it says no time that can be read',
}

/** The one person of a call is not in a list. */
function placeText({ list, index }: { list: string; index: number | undefined }): string {
  return list === 'person' ? 'person' : `${list}[${index}]`
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
  return text.length > 34 ? `${text.slice(0, 33)}…` : text
}
