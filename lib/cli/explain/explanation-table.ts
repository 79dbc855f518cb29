import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Explanation } from './explain.ts'
import { indented } from './indented.ts'
import { requestText } from './request-text.ts'
import { unusedText, warningsText } from './unused-text.ts'
import { placeText, userTable } from './user-table.ts'

/** At most so many users and rows are shown; `--json` has all of them. */
const MOST_SHOWN = 20

/**
 * An explanation for people: what is sent, how each value got there, and what is left out and why. Where it is written to no
 * terminal, the rows of its tables are whole, between tabs.
 */
export function explanationTable(explanation: Explanation, terminal: Terminal): string {
  const { time, requests, users, dropped } = explanation
  const shown = users.slice(0, MOST_SHOWN).map((user) => userTable(user, dropped, terminal))
  const sections = [
    ...unusedText(explanation, terminal),
    ...warningsText(explanation, MOST_SHOWN, terminal),
    ...(time ? [indented(`The event happened at ${time.value}, ${TIME_SOURCES[time.from]}.`, '', terminal)] : []),
    ...shown.map((text) => `\n${text}`),
    ...(users.length > MOST_SHOWN ? [`\n… and ${users.length - MOST_SHOWN} more users`] : []),
    ...(dropped.length > 0 ? [leftOut(dropped, terminal)] : []),
    ...requests.map((request) => `\n${requestText(request, terminal)}`),
    ...(requests.length === 0 ? [`\n${terminal.paint('yellow', 'No request would be sent.')}`] : []),
  ]
  return sections.join('\n')
}

/** Who and what is left out, and the meaning of each reason once. */
function leftOut(dropped: Explanation['dropped'], terminal: Terminal): string {
  const { paint } = terminal
  const rows = dropped
    .slice(0, MOST_SHOWN)
    .map(({ destination, list, index, field = '', reason }) => [
      placeText({ list, index }),
      field,
      paint('yellow', reason),
      printable(destination),
    ])
  const columns = [
    { title: 'who' },
    { title: 'field' },
    { title: 'reason' },
    { title: 'destination', mayBeCut: true },
  ] as const
  return [
    `\n${paint('bold', 'Left out')}`,
    table(columns, rows, terminal),
    ...(dropped.length > MOST_SHOWN ? [`  … and ${dropped.length - MOST_SHOWN} more`] : []),
    ...[...new Map(dropped.map((each) => [each.reason, each.message]))].map(([reason, message]) =>
      indented(`${reason}: ${message}`, '  ', terminal),
    ),
  ].join('\n')
}

const TIME_SOURCES: Record<NonNullable<Explanation['time']>['from'], string> = {
  originalTimestamp: 'as its originalTimestamp says',
  timestamp: 'as its timestamp says',
  receivedAt: 'when a CDP received it, as its receivedAt says',
  corrected: 'by how long before the sending it was',
  received: 'which is now: it says no time that can be read',
}
