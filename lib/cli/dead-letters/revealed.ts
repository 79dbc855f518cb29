import { decodeRows } from '../../retry/message.ts'
import { decodeMessage } from '../../track/message.ts'
import { printable } from '../terminal/terminal.ts'

/** The people of a dead letter, line by line: personal data, for who has asked for it. */
export function revealed(body: string): string[] {
  const rows = decodeRows(body)
  if (rows)
    return (['remove', 'add'] as const).flatMap((direction) =>
      rows[direction].map(({ at, cells }) => {
        const values = cells.flatMap((cell, place) =>
          cell === '' ? [] : [`${rows.schema[place] ?? ''}=${typeof cell === 'object' ? cell.join(',') : cell}`],
        )
        return `${direction} ${new Date(at).toISOString()} ${printable(values.join(' '))}`
      }),
    )
  const message = decodeMessage(body)
  if (!message) return [printable(body)]
  return message.events.flatMap((event) =>
    (['remove', 'add'] as const).flatMap((direction) =>
      (event[direction] ?? []).map(
        (user) => `${direction} ${new Date(event.at).toISOString()} ${printable(JSON.stringify(user))}`,
      ),
    ),
  )
}
