import { counted } from '../terminal/counted.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Explanation } from './explain.ts'
import { indented } from './indented.ts'

/** A request that would be sent, without its rows. */
export function requestText(
  { method, path, body, dryRun }: Explanation['requests'][number],
  terminal: Terminal,
): string {
  const { payload, session } = body
  const { paint } = terminal
  const begins = session && session.batch_seq > 1
  return [
    paint('bold', `${method} ${path}${dryRun ? ' (trial run: not sent)' : ''}`),
    indented(
      `${method === 'DELETE' ? 'removes' : 'adds'} ${counted(payload.data.length, 'user')} by ${payload.schema.join(', ')}`,
      '  ',
      terminal,
    ),
    ...(session ? [indented(`session ${JSON.stringify(session)}`, '  ', terminal)] : []),
    ...(begins
      ? [
          indented(
            'A session begins with batchSequence 1; without it, the users are sent without the session.',
            '  ',
            terminal,
          ),
        ]
      : []),
  ].join('\n')
}
