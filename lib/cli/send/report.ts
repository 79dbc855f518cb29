import { LEFT_OUT as VALUE_LEFT_OUT } from '../explain/left-out.ts'
import type { Result } from '../surroundings.ts'
import { durationOf } from '../terminal/progress-bar.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { DryRun } from './dry-run.ts'
import type { Feed } from './feed.ts'
import { LEFT_OUT } from './read-row.ts'
import type { LeftOutReason } from './read-row.ts'
import type { Plan } from './plan.ts'
import { quoted, typedFor } from '../stack/options.ts'
import type { SendOptions } from './send-options.ts'
import type { Stop } from './sending.ts'
import { stateFileOf } from './state-file.ts'
import type { SendState } from './state-file.ts'

type Sent = {
  state: SendState
  stop: Stop | undefined
  seconds: number
  /** Sent by this command, and not by one before it. */
  rows: number
  sideFile: string
  messages: ReadonlyMap<string, string>
}

const STOPPED = { interrupted: 130, refused: 1, unreadable: 2, out_of_reach: 3 } as const

/** How sending ended. */
export function sentResult(plan: Plan, options: SendOptions, sent: Sent, terminal: Terminal): Result {
  const { state, stop, sideFile } = sent
  const leftOut = total(state.leftOut)
  const status = stop ? STOPPED[stop.why] : leftOut + state.rejected > 0 ? 1 : 0
  const stderr = stop ? stopText(plan, options, stop, state) : nextText(plan, state)
  if (options.json) {
    const { stack, file } = plan
    const { run, doneAt, rows, rejected, leftOut: reasons, blank, findings, position } = state
    const document = {
      ...{ stack: stack.title, file: file.path, ...state.options, run, doneAt, rows, rejected },
      ...{ leftOut: reasons, blank, findings, position, state: stateFileOf(file.path) },
      ...(leftOut > 0 && { rejectedFile: sideFile }),
      ...{ rowsNow: sent.rows, seconds: sent.seconds, error: stop ? errorOf(stop) : null },
    }
    return { status, stdout: JSON.stringify(document, null, 2), stderr }
  }
  return { status, stdout: sentText(options, sent, terminal), stderr }
}

function errorOf(stop: Stop) {
  const { batch } = stop
  const lines = batch && { firstLine: batch.firstLine, lastLine: batch.end.line - 1 }
  return stop.why === 'interrupted'
    ? { code: 'interrupted', message: 'It was interrupted.' }
    : { code: stop.code, message: stop.message, ...lines }
}

function sentText(
  { list }: SendOptions,
  { state, rows, seconds, sideFile, messages }: Sent,
  terminal: Terminal,
): string {
  const rate = seconds > 0 ? `, ${Math.round(rows / seconds).toLocaleString('en')} rows/s` : ''
  const before = state.rows - rows
  const lines = [
    `${terminal.paint('bold', `${counted(state.rows, 'row')} ${list === 'add' ? 'to add' : 'to remove'}`)} ${state.rows === 1 ? 'was' : 'were'} accepted (${durationOf(seconds)}${rate}${before > 0 ? `; ${before.toLocaleString('en')} of them before` : ''}).`,
  ]
  const leftOut = total(state.leftOut)
  if (leftOut > 0) {
    lines.push(`${terminal.paint('yellow', `${counted(leftOut, 'line')} left out`)}, in ${printable(sideFile)}:`)
    lines.push(reasonsTable(state.leftOut, (reason) => LEFT_OUT[reason as LeftOutReason], terminal))
  }
  if (state.rejected > 0)
    lines.push(terminal.paint('red', `${counted(state.rejected, 'row')} rejected by the service:`))
  const findings = Object.entries(state.findings)
  if (findings.length > 0) {
    if (state.rejected === 0) lines.push('The service says:')
    lines.push(reasonsTable(state.findings, (key) => messages.get(key) ?? 'See "Codes" in lib/README.md.', terminal))
  }
  if (Object.keys(state.blank).length > 0) {
    lines.push('Values left blank, or in doubt; their rows were sent:')
    lines.push(reasonsTable(state.blank, valueReason, terminal))
  }
  return lines.join('\n')
}

function valueReason(key: string): string {
  const reason = key.slice(key.indexOf(' ') + 1)
  if (reason === 'phone_without_country') return 'No country code: sent as it is, and hardly matches.'
  return VALUE_LEFT_OUT[reason as keyof typeof VALUE_LEFT_OUT]
}

function reasonsTable(
  counts: Readonly<Record<string, number>>,
  wordsOf: (key: string) => string | undefined,
  terminal: Terminal,
): string {
  const rows = Object.entries(counts)
    .toSorted(([, one], [, other]) => other - one)
    .map(([key, count]) => ({
      key: printable(key),
      count: count.toLocaleString('en'),
      words: printable(wordsOf(key) ?? ''),
    }))
  const width = Math.max(...rows.map(({ count }) => count.length))
  return rows
    .flatMap(({ key, count, words }) => [
      `  ${count.padStart(width)}  ${key}`,
      ...wrapped(words, (terminal.columns ?? 100) - width - 4).map(
        (line) => `  ${' '.repeat(width)}  ${terminal.paint('dim', line)}`,
      ),
    ])
    .join('\n')
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function stopText({ file }: Plan, options: SendOptions, stop: Stop, state: SendState): string {
  const again = `Go on with: ${commandOf(file.path, options)}`
  if (stop.why === 'interrupted')
    return `Interrupted at line ${state.position.line}; what was accepted is noted in ${stateFileOf(file.path)}.\n${again}`
  if (stop.why === 'unreadable')
    return `${printable(stop.message)}\nWhat stands before line ${state.position.line} was accepted. When you have the whole file, send it with --restart, which does no harm.`
  const { batch } = stop
  const lines = batch ? `Lines ${batch.firstLine} to ${batch.end.line - 1}` : 'The next lines'
  const what = stop.why === 'refused' ? 'were refused' : 'could not be sent'
  return [
    `${lines} ${what}: ${stop.message}`,
    ...(stop.why === 'refused'
      ? ['Mend this first. Sending ended here, because the next lines would meet the same.']
      : []),
    again,
  ].join('\n')
}

function nextText({ stack, feed }: Plan, { rows }: SendState): string {
  if (rows === 0) return 'Nobody is on the way to Meta.'
  if (feed.destinations.every(({ dryRun }) => dryRun)) return 'It is a trial run: nobody is on the way to Meta.'
  return `They are on their way to Meta. How far they are: ${stack.typed('status')}`
}

/** The command that goes on where this one stopped. */
function commandOf(path: string, options: SendOptions): string {
  const { event, list, source, timeColumn, map, ignore, session } = options
  const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [name, quoted(value)])
  const command = [
    'send',
    quoted(path),
    ...flag('--event', event),
    ...flag('--list', list),
    ...flag('--source', source),
    ...flag('--time-column', timeColumn),
    ...map.flatMap((each) => flag('--map', each)),
    ...ignore.flatMap((each) => flag('--ignore', each)),
    ...(session ? ['--session'] : []),
  ]
  return typedFor(options)(command.join(' '))
}

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

function counted(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
