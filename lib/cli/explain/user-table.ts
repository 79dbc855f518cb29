import { SCHEMA_FIELDS } from '../../config/schema-field.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Explanation } from './explain.ts'

type User = Explanation['users'][number]

const HASH = /^[0-9a-f]{64}$/
const SHOWN_OF_HASH = 12

/** What became of each value of a user. Elsewhere than on a terminal each row begins with the user and the destination. */
export function userTable(user: User, dropped: Explanation['dropped'], terminal: Terminal): string {
  const { columns, paint } = terminal
  const { destination, fields } = user
  const ofUser = dropped.filter(
    (each) => each.list === user.list && each.index === user.index && each.destination === destination,
  )
  const rows = fields.map(({ field, given, normalised, sent }) => {
    const reason = ofUser.find((each) => each.field === field)?.reason
    const cells = [field, textOf(given), printable(normalised)]
    if (columns === undefined) return [placeText(user), destination, ...cells, reason ?? textOf(sent)]
    return [...cells, reason === undefined ? sentText(field, sent) : paint('yellow', reason)]
  })
  const whole = ofUser.find((each) => each.field === undefined)?.reason
  if (columns === undefined) return table([], rows, terminal)
  const title = paint('bold', `${placeText(user)} for destination ${printable(destination)}`)
  return [
    whole === undefined ? title : `${title} ${paint('yellow', `is left out: ${whole}`)}`,
    table(
      [
        { title: 'field' },
        { title: 'given', mayBeCut: true },
        { title: 'normalised', mayBeCut: true },
        { title: 'sent', mayBeCut: true },
      ],
      rows,
      terminal,
    ),
  ].join('\n')
}

/** The one person of a call is not in a list. */
export function placeText({ list, index }: { list: string; index: number | undefined }): string {
  return list === 'person' ? 'person' : `${list}[${index}]`
}

/** The beginning of a hash is enough to compare it. */
function sentText(field: User['fields'][number]['field'], sent: unknown): string {
  const text = textOf(sent)
  return SCHEMA_FIELDS[field].hashed && HASH.test(text) ? `${text.slice(0, SHOWN_OF_HASH)}…` : text
}

function textOf(value: unknown): string {
  return printable(typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value))
}
