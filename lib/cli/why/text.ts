import type { Receipt } from '../../graph-api/receipt.ts'
import { counted } from '../terminal/counted.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { minuteOf, secondOf } from '../terminal/time.ts'
import { wrapped } from '../terminal/wrap.ts'
import type { Facts, Told } from './facts.ts'
import { shortened } from './sent-forms.ts'
import type { Known } from './sent-forms.ts'
import type { Verdict } from './verdict.ts'

export const ABOUT_THE_LOG =
  'The register keeps the beginnings of hashes (60 bits), for 60 days: what it says is said of everybody who has at least these in common.'

/** How each destination sends the values: shortened, so that nobody else recognises them, or whole. */
export function formsTable(known: readonly Known[], isWhole: boolean, terminal: Terminal): string {
  const show = (value: string) => printable(isWhole ? value : shortened(value))
  return table(
    ['destination', 'field', 'normalised', 'sent'].map((title) => ({ title })),
    known.flatMap(({ destination, forms }) =>
      forms.map(({ field, normalised, sent }) => [destination.name, field, show(normalised), show(sent)]),
    ),
    terminal,
  )
}

const COLOURS: Readonly<Record<Verdict['state'], Parameters<Terminal['paint']>[0]>> = {
  in: 'green',
  out: 'yellow',
  waiting: 'yellow',
  given_up: 'red',
  not_delivered: 'red',
  unsure: 'yellow',
  never_heard_of: 'yellow',
  unnamed: 'dim',
  trial_run: 'dim',
  erased: 'yellow',
}

/** Whether this is the same for each audience of a destination. */
export function isOfDestination(state: Verdict['state']): boolean {
  return state === 'unnamed' || state === 'trial_run'
}

/** What is known of the person and one audience, and what would make it different. */
export function audienceText(facts: Facts, { state, standing, change }: Verdict, terminal: Terminal): string {
  const { destination, audienceId, add, removal, waits, messages, isMember } = facts
  const { paint, columns = Infinity } = terminal
  const title = isOfDestination(state) ? destination.name : `${destination.name} ${audienceId}`
  const [first = '', ...more] = wrapped(`${title}: ${printable(standing)}`, columns).split('\n')
  const lines = [
    ...toldLines('added', add),
    ...toldLines('removed', removal),
    // Nobody can search the queues of a deployed stack. Locally they were searched.
    ...(waits && !messages
      ? [`the audience waits until ${minuteOf(waits.until)} (${printable(waits.reason)}): newer events may wait, too`]
      : []),
    // A single one is in the first line already.
    ...(messages && messages.length > 1 ? messages : []).map(({ queue, direction, at, reason }) =>
      printable(
        `in the ${queue === 'dead letters' ? queue : `${queue} queue`}: ${direction} of ${secondOf(at)}${reason === undefined ? '' : ` (${reason})`}`,
      ),
    ),
    ...(isMember === undefined ? [] : [`the emulator ${isMember ? 'has them' : 'does not have them'}`]),
  ]
  return [
    paint(['bold', COLOURS[state]].flat() as Parameters<Terminal['paint']>[0], first),
    ...more.map((line) => `  ${line}`),
    ...lines.map((line) => `  ${line}`),
    wrapped(printable(change), columns, '    ').replace('    ', '  → '),
  ].join('\n')
}

function toldLines(what: string, told: Told | undefined): string[] {
  if (!told) return []
  const { at, writtenAt, request } = told
  return [
    `${what.padEnd(8)} event ${secondOf(at)}, written ${secondOf(writtenAt)}`,
    ...(request ? requestLines(request) : ['no request since then']).map((line) => `${' '.repeat(9)}${line}`),
  ]
}

function requestLines({ at, count, outcome, fbtraceId }: Receipt): string[] {
  return [
    printable(`request ${secondOf(at)}, ${counted(count, 'row')}: ${outcome}`),
    ...(fbtraceId === undefined ? [] : [printable(`fbtraceId ${fbtraceId}`)]),
  ]
}
