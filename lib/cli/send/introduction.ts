import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { audiencesIn } from './feed.ts'
import { columnsTable, previewOf, rowsTable } from './rows/preview.ts'
import type { ReadLine } from './rows/read-row.ts'
import type { FileRecord } from './file/records.ts'
import type { Plan } from './plan.ts'
import type { SendOptions } from './send-options.ts'
import type { SendState } from './state/state-file.ts'

const MOST_PREVIEWED = 3

type Known = {
  read: (record: FileRecord) => ReadLine
  asOf: number | undefined
  clock: () => number
  begun?: SendState | undefined
}

/** The first rows of a file that can be sent, as they would be. */
export function firstRows({ sample, feed }: Plan, read: Known['read'], clock: () => number) {
  const rows: { line: number; user: Readonly<Record<string, unknown>> }[] = []
  for (const record of sample) {
    if (rows.length === MOST_PREVIEWED) break
    const row = read(record)
    if ('user' in row) rows.push({ line: record.line, user: row.user })
  }
  return previewOf(rows, feed.destinations, clock)
}

/** What is about to be sent, where, and as what. */
export function introduction(plan: Plan, options: SendOptions, known: Known, terminal: Terminal): string {
  const { stack, file, feed, columns, names, rowsText } = plan
  const bold = (text: string) => terminal.paint('bold', text)
  const rows = firstRows(plan, known.read, known.clock)
  const facts = [
    ['to', `${stack.title}, as source ${feed.source.name}`],
    ...audiencesIn(feed).map(({ destination, audienceIds }) => [
      options.list === 'add' ? 'adds to' : 'removes from',
      `${audienceIds.join(', ')} (${destination.name}${destination.dryRun ? ', a trial run: nothing reaches Meta' : ''})`,
    ]),
    ['file', `${printable(file.path)}: ${kindOf(plan)}, ${rowsText}`],
    ...(options.dryRun ? [] : [['as of', ageOf(known, options)]]),
    ...(known.begun
      ? [['so far', `${known.begun.rows.toLocaleString('en')} rows sent; goes on at line ${known.begun.position.line}`]]
      : []),
  ]
  const width = Math.max(...facts.map(([name = '']) => name.length))
  return [
    ...facts.map(([name = '', value = '']) => `${terminal.paint('dim', name.padEnd(width))}  ${value}`),
    '',
    bold('Columns'),
    columnsTable(names, columns, terminal),
    '',
    ...(rows.length === 0
      ? [terminal.paint('yellow', 'None of the first rows can be sent.')]
      : [bold('The first rows, as they would be sent'), rowsTable(rows, options.reveal === true, terminal)]),
    ...(rows.length > 0 && !options.reveal ? [terminal.paint('dim', 'Values are hidden; --reveal shows them.')] : []),
    '',
  ].join('\n')
}

function kindOf({ file: { kind, isGzip, identity } }: Plan): string {
  const separators = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' }
  const kindText = kind.format === 'csv' ? `CSV with ${separators[kind.separator]}` : 'a JSON object in each line'
  return `${isGzip ? 'gzip, ' : ''}${kindText}, ${sizeOf(identity.size)}`
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function ageOf({ asOf, clock }: Known, { timeColumn }: SendOptions): string {
  if (asOf === undefined) return `the column "${printable(timeColumn ?? '')}"`
  const days = Math.floor((clock() - asOf) / 86_400_000)
  const age = days < 1 ? 'less than a day ago' : days === 1 ? 'a day ago' : `${days.toLocaleString('en')} days ago`
  return `${new Date(asOf).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${age}`
}
