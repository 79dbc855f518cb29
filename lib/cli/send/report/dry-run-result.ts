import type { Result } from '../../surroundings.ts'
import { counted } from '../../terminal/counted.ts'
import { table } from '../../terminal/table.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import type { Feed } from '../feed.ts'
import type { Plan } from '../plan.ts'
import { LEFT_OUT } from '../rows/read-row.ts'
import type { LeftOutReason } from '../rows/read-row.ts'
import type { SendOptions } from '../send-options.ts'
import type { DryRun } from './dry-run-counts.ts'
import { reasonsTable, valueReason } from './reasons-table.ts'

/** What a dry run found. */
export function dryRunResult(
  plan: Plan,
  run: DryRun,
  options: SendOptions,
  { destinations }: Feed,
  terminal: Terminal,
): Result {
  const status = run.rows === 0 ? 1 : 0
  if (options.json) {
    const { stack, file, names, columns } = plan
    const document = {
      ...{ stack: stack.title, file: file.path, event: options.event, list: options.list },
      columns: names.map((name) => ({ name, ...columns(name) })),
      ...run,
    }
    return { status, stdout: JSON.stringify(document, null, 2), stderr: 'Nothing was sent.' }
  }
  const of = run.lines === 0 ? '' : ` of ${run.lines.toLocaleString('en')} rows`
  const lines = [
    `${terminal.paint('bold', `${run.rows.toLocaleString('en')}${of} can match`)}${destinations.length > 1 ? ':' : '.'}`,
  ]
  if (destinations.length > 1)
    for (const { name } of destinations) lines.push(`  ${(run.byDestination[name] ?? 0).toLocaleString('en')}  ${name}`)
  for (const [name, count] of Object.entries(run.withheld))
    lines.push(
      terminal.paint(
        'yellow',
        `${counted(count, 'row')} not added to ${name} for want of consent. A column consent allows it with true or 1.`,
      ),
    )
  const fields = Object.entries(run.usable)
  if (fields.length > 0) {
    const rows = fields.map(([field, count]) => [field, count.toLocaleString('en'), percent(count, run.lines)])
    lines.push(
      '',
      table(
        [{ title: 'field' }, { title: 'rows with it', align: 'right' }, { title: '', align: 'right' }],
        rows,
        terminal,
      ),
    )
  }
  if (Object.keys(run.blank).length > 0)
    lines.push('', 'Values left blank, or in doubt:', reasonsTable(run.blank, valueReason, terminal))
  const leftOut = Object.entries(run.leftOut)
  if (leftOut.length > 0) {
    const counts = Object.fromEntries(leftOut.map(([reason, { count }]) => [reason, count]))
    const linesOf = new Map(
      leftOut.map(([reason, { lines: some, count }]) => [
        reason,
        `${count > some.length ? 'Lines' : count === 1 ? 'Line' : 'Lines'} ${some.join(', ')}${count > some.length ? ' …' : ''}`,
      ]),
    )
    lines.push('', terminal.paint('yellow', 'Left out:'))
    lines.push(
      reasonsTable(counts, (reason) => `${LEFT_OUT[reason as LeftOutReason]} ${linesOf.get(reason) ?? ''}`, terminal),
    )
  }
  return { status, stdout: lines.join('\n'), stderr: 'Nothing was sent.' }
}

function percent(count: number, of: number): string {
  return of === 0 ? '' : `${((100 * count) / of).toFixed(1)} %`
}
