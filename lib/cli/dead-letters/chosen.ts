import type { Stack } from '../stack/stack.ts'
import type { Result } from '../surroundings.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { timeCell } from '../terminal/time.ts'
import { groupsOf } from './groups.ts'
import type { Letter } from './letter.ts'

/** Dead letters as a table of their groups. */
export function groupsTable(letters: readonly Letter[], terminal: Terminal, now: number): string {
  const number = (count: number) => (terminal.columns === undefined ? String(count) : count.toLocaleString('en'))
  return table(
    [
      { title: 'reason' },
      { title: 'destination', mayBeCut: true },
      { title: 'audience', mayBeCut: true },
      { title: 'direction' },
      { title: 'messages', align: 'right' },
      { title: 'people', align: 'right' },
      { title: 'oldest', align: 'right' },
    ],
    groupsOf(letters).map(({ reason, destinations, audiences, direction, messages, people, oldest }) => [
      terminal.paint('bold', printable(reason)),
      printable(destinations.join(',')),
      printable(audiences.join(',')),
      direction ?? '',
      number(messages),
      number(people),
      timeCell(oldest, now, terminal),
    ]),
    terminal,
  )
}

/** How a command ends that may do nothing with what is chosen. Programs get the document. */
export function nothingDone(stderr: string, { title }: Stack, counts: object, { json }: { json?: true }): Result {
  return { status: 1, stdout: json ? JSON.stringify({ stack: title, ...counts }, null, 2) : '', stderr }
}

/** How a command ends when the options choose nothing. Programs get the document. */
export function nothingChosen(
  letters: readonly Letter[],
  stack: Stack,
  counts: object,
  options: { json?: true },
): Result {
  if (letters.length === 0) return { ...nothingDone('No dead letters.', stack, counts, options), status: 0 }
  const there = [...new Set(letters.map(({ reason }) => reason))].sort().map(printable)
  const said = `The options choose no dead letter. The reasons of those that are there: ${there.join(', ')}`
  return nothingDone(`${said}\nAll of them: ${stack.typed('dlq list')}`, stack, counts, options)
}
