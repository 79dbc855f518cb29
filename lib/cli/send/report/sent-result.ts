import type { Result } from '../../surroundings.ts'
import { counted } from '../../terminal/counted.ts'
import { durationOf } from '../../terminal/progress-bar.ts'
import { printable } from '../../terminal/terminal.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import { quoted, typedFor } from '../../stack/options.ts'
import type { Plan } from '../plan.ts'
import type { Stop } from '../requests/sending.ts'
import { LEFT_OUT } from '../rows/read-row.ts'
import type { LeftOutReason } from '../rows/read-row.ts'
import type { SendOptions } from '../send-options.ts'
import { stateFileOf } from '../state/state-file.ts'
import type { SendState } from '../state/state-file.ts'
import { reasonsTable, valueReason } from './reasons-table.ts'

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

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
