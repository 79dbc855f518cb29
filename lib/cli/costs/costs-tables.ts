import { counted } from '../terminal/counted.ts'
import { table } from '../terminal/table.ts'
import type { Column } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { TOTAL, countedDestinations } from './costs.ts'
import type { Costs, Part } from './costs.ts'

type Table = { columns: readonly Column[]; rows: readonly (readonly string[])[] }

/** The tables of costs in Markdown, as in the operator's guide. */
export function costsMarkdown(costs: Costs): string {
  return tablesOf(costs).map(inMarkdown).join('\n\n')
}

/** The same tables for a terminal. */
export function costsTables(costs: Costs, terminal: Terminal): string {
  return tablesOf(costs)
    .map((each) => inTerminal(each, terminal))
    .join('\n\n')
}

function tablesOf({ traffic, forUsers, perMonth, perHourOfFlood, prices }: Costs): Table[] {
  const { users, usersPerRequest, destinations } = traffic
  const requests = usersPerRequest.map((each) => inDollars(`${each} in a request`))
  return [
    {
      columns: [text(users === 1_000_000 ? 'a million users' : counted(users, 'user')), ...requests],
      rows: forUsers.map(rowOf),
    },
    { columns: [text('a month'), inDollars(countedDestinations(destinations))], rows: perMonth.map(rowOf) },
    {
      columns: [text('an hour of 1,000 requests a second with wrong keys'), inDollars('at `throttleRate` 100')],
      rows: perHourOfFlood.map(rowOf),
    },
    {
      columns: [{ title: 'price (us-east-1, 2026-11-23)' }, inDollars(''), text('source')],
      rows: prices.map(({ what, dollars, per, source }) => [
        what,
        `$${dollars}${per === 1 ? '' : ` for ${per.toLocaleString('en')}`}`,
        source,
      ]),
    },
  ]
}

function text(title: string): Column {
  return { title, mayBeCut: true }
}

function inDollars(title: string): Column {
  return { title, align: 'right' }
}

function rowOf({ what, dollars }: Part): string[] {
  return [what, ...dollars.map((each) => `$${each.toFixed(each < 0.1 && each > 0 ? 3 : 2)}`)]
}

function inMarkdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const titles = columns.map(({ title }) => title)
  const rule = columns.map(({ align }) => (align === 'right' ? '--:' : '---'))
  const cells = rows.map(([what = '', ...others]) => [what === TOTAL ? `**${what}**` : what, ...others])
  return [titles, rule, ...cells].map(line).join('\n')
}

function inTerminal({ columns, rows }: Table, terminal: Terminal): string {
  const plain = (cell: string) => cell.replaceAll('`', '')
  return table(
    columns.map((column) => ({ ...column, title: plain(column.title) })),
    rows.map((row) => row.map((cell) => (row[0] === TOTAL ? terminal.paint('bold', cell) : plain(cell)))),
    terminal,
  )
}
