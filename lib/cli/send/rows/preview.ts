import { explainUser } from '../../../audience/explain-user.ts'
import type { FieldExplanation } from '../../../audience/explain-user.ts'
import type { Destination } from '../../../config/destinations-schema.ts'
import { SCHEMA_FIELDS } from '../../../config/schema-field.ts'
import type { SchemaField } from '../../../config/schema-field.ts'
import { table } from '../../terminal/table.ts'
import { printable } from '../../terminal/terminal.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import type { ColumnReader } from './columns.ts'

/** A row as a destination would send it. */
export type PreviewedRow = { line: number; destination: string; fields: FieldExplanation[] }

/** The first rows as they would be sent. Destinations that would send the same are shown once. */
export function previewOf(
  rows: readonly { line: number; user: Readonly<Record<string, unknown>> }[],
  destinations: readonly Destination[],
  clock: () => number,
): PreviewedRow[] {
  const seen = new Set<string>()
  return destinations.flatMap((destination) => {
    const fieldsOf = explainUser(destination, clock)
    const shown = rows.map(({ line, user }) => ({
      ...{ line, destination: destination.name },
      fields: fieldsOf(user).filter(({ given }) => given !== null),
    }))
    const text = JSON.stringify(shown.map(({ fields }) => fields))
    if (seen.has(text)) return []
    seen.add(text)
    return shown
  })
}

/** What each column becomes. */
export function columnsTable(names: readonly string[], reader: ColumnReader, terminal: Terminal): string {
  const first = new Map<SchemaField, string>()
  for (const isNamedSo of [true, false])
    for (const name of names) {
      const column = reader(name)
      if (column.use === 'fields' && column.isNamedSo === isNamedSo)
        for (const field of column.fields) if (!first.has(field)) first.set(field, name)
    }
  const rows = names.map((name) => {
    const column = reader(name)
    const [field, note] = described(name, column, first)
    return [printable(name), field, column.use === 'unknown' ? terminal.paint('yellow', note) : note]
  })
  return table([{ title: 'column', mayBeCut: true }, { title: 'field' }, { title: '', mayBeCut: true }], rows, terminal)
}

function described(
  name: string,
  column: ReturnType<ColumnReader>,
  first: ReadonlyMap<SchemaField, string>,
): [field: string, note: string] {
  switch (column.use) {
    case 'fields': {
      const others = new Set(column.fields.map((field) => first.get(field)).filter((other) => other !== name))
      const note =
        others.size > 0 ? `where ${[...others].map((other) => `"${printable(other ?? '')}"`).join(', ')} is empty` : ''
      return [column.fields.join(', '), note]
    }
    case 'consent':
      return ['consent', 'whether the person may be added']
    case 'time':
      return ['time', 'how old the row is']
    case 'ignored':
      return ['-', 'ignored, as you asked']
    case 'not_in_schema':
      return ['-', `not sent: no userSchema has ${column.fields.join(', ')}`]
    case 'unknown':
      return ['-', 'unknown: --map "COLUMN=FIELD"']
  }
}

/** The first rows for people. Personal data is hidden but for its shape, unless it is to be revealed. */
export function rowsTable(rows: readonly PreviewedRow[], isRevealed: boolean, terminal: Terminal): string {
  const areSeveral = new Set(rows.map(({ destination }) => destination)).size > 1
  const lines = rows.flatMap(({ line, destination, fields }) =>
    fields.map(({ field, normalised, sent }, place) => [
      place === 0 ? String(line) : '',
      ...(areSeveral ? [place === 0 ? destination : ''] : []),
      field,
      normalised === '' ? terminal.paint('yellow', 'not usable') : shown(field, normalised, isRevealed),
      normalised === '' ? 'left blank' : sentText(field, sent, isRevealed),
    ]),
  )
  const title = areSeveral ? [{ title: 'destination', mayBeCut: true as const }] : []
  return table(
    [
      { title: 'line', align: 'right' },
      ...title,
      { title: 'field' },
      { title: 'normalised', mayBeCut: true },
      { title: 'sent', mayBeCut: true },
    ],
    lines,
    terminal,
  )
}

const SHOWN_OF_HASH = 8

function sentText(field: SchemaField, sent: unknown, isRevealed: boolean): string {
  if (typeof sent !== 'string') return JSON.stringify(sent)
  return SCHEMA_FIELDS[field].hashed ? `${sent.slice(0, SHOWN_OF_HASH)}…` : shown(field, sent, isRevealed)
}

/** Enough to see what kind of value it is: `a…@example.com`, `49…12`, `s…`. */
export function shown(field: SchemaField, text: string, isRevealed: boolean): string {
  if (isRevealed || SCHEMA_FIELDS[field].identifies === 'none') return printable(text)
  if (/^[0-9a-f]{64}$/.test(text)) return `hash ${text.slice(0, SHOWN_OF_HASH)}…`
  const at = field === 'EMAIL' ? text.lastIndexOf('@') : -1
  const characters = Array.from(printable(text))
  if (at > 0) return `${characters[0] ?? ''}…${printable(text.slice(at))}`
  if (characters.length > 8) return `${characters.slice(0, 2).join('')}…${characters.slice(-2).join('')}`
  return characters.length > 2 ? `${characters[0] ?? ''}…` : '…'
}
