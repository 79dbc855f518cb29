import { NEVER_ENDS_DAYS } from '../../graph-api/debug-token.ts'
import { groupsTable } from '../dead-letters/chosen.ts'
import { notes } from '../dead-letters/survey.ts'
import type { Stack } from '../stack/stack.ts'
import { counted } from '../terminal/counted.ts'
import { durationOf } from '../terminal/progress-bar.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { ago, minuteOf } from '../terminal/time.ts'
import { wrapped } from '../terminal/wrap.ts'
import type { AudienceStatus } from './audiences.ts'
import { isPaused, problemsIn, tokenNeedsPerson, unreadIn } from './problems.ts'
import type { QueueStatus, StackStatus } from './read-status.ts'
import type { TokenStatus } from './tokens.ts'
import { endsWithToken, waitAdviceText } from './wait-advice.ts'

type View = { terminal: Terminal; now: number; all: boolean } & Pick<Stack, 'typed'>

const TITLE_WIDTH = 14

/** The status for people. A section in which all is well is one line, unless `all` are wanted whole. `now` is our time. */
export function linesOf(status: StackStatus, view: View): string[] {
  const { terminal } = view
  const { columns = 100 } = terminal
  const problems = problemsIn(status)
  const unread = unreadIn(status)
  const verdict =
    problems.length > 0
      ? painted(['bold', 'red'], wrapped(`Needs a person: ${problems.join(', ')}.`, columns), terminal)
      : terminal.paint('green', unread.length > 0 ? 'Nothing that could be read needs a person.' : 'All is well.')
  return [
    ...verdict.split('\n'),
    ...unread.flatMap((each) => wrapped(printable(each), columns).split('\n')),
    ...queueLines(status.queues, view),
    ...audienceLines(status, view),
    ...tokenLines(status.tokens, view),
    ...letterLines(status, view),
    ...alarmLines(status, view),
  ]
}

function inOne(title: string, text: string, { terminal }: View): string[] {
  const lines = wrapped(text, (terminal.columns ?? Infinity) - TITLE_WIDTH).split('\n')
  return lines.map((line, place) => `${terminal.paint('bold', (place === 0 ? title : '').padEnd(TITLE_WIDTH))}${line}`)
}

/** Each line by itself, because others may be drawn between them. */
function painted(style: Parameters<Terminal['paint']>[0], text: string, { paint }: Terminal): string {
  return text
    .split('\n')
    .map((line) => paint(style, line))
    .join('\n')
}

function section(title: string, lines: readonly string[], { terminal }: View): string[] {
  return [terminal.paint('bold', title), ...lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`)]
}

/** In a section, which is indented. */
function inside({ terminal }: View): Terminal {
  return { ...terminal, columns: (terminal.columns ?? 100) - 2 }
}

function queueLines(queues: readonly QueueStatus[], view: View): string[] {
  const isEmpty = queues.every(({ waiting, inFlight, delayed }) => waiting + inFlight + delayed === 0)
  if (isEmpty && !view.all) return inOne('Queues', 'empty', view)
  const number = { align: 'right' } as const
  const isOldestKnown = queues.some(({ oldestSeconds }) => oldestSeconds !== undefined)
  const rows = queues.map(({ queue, waiting, inFlight, delayed, oldestSeconds }) => [
    ...[queue, ...[waiting, inFlight, delayed].map((count) => count.toLocaleString('en'))],
    ...(isOldestKnown ? [oldestSeconds === undefined ? '' : durationOf(oldestSeconds)] : []),
  ])
  const columns = [
    ...[{ title: 'queue' }, ...['waiting', 'in flight', 'delayed'].map((title) => ({ title, ...number }))],
    ...(isOldestKnown ? [{ title: 'oldest', ...number }] : []),
  ]
  return section('Queues', [table(columns, rows, inside(view))], view)
}

function audienceLines({ audiences, at, tokens }: StackStatus, view: View): string[] {
  const isFine = audiences.every(({ last, waits }) => !waits && (last?.outcome ?? 'delivered') === 'delivered')
  if (isFine && !view.all) return inOne('Audiences', inShort(audiences, at), view)
  const rows = audiences.map(({ destination, audienceId, last, waits }) => [
    printable(destination),
    audienceId,
    last ? `${ago(last.at, at)} ago` : '',
    last ? `${last.direction === 'add' ? '+' : '−'}${last.count.toLocaleString('en')}` : '',
    last ? printable(last.outcome) : 'none yet',
    waits ? minuteOf(waits.until).slice(11) : '',
  ])
  const columns = [
    ...[{ title: 'destination', mayBeCut: true } as const, { title: 'audience', mayBeCut: true } as const],
    ...[{ title: 'last request', align: 'right' } as const, { title: 'rows', align: 'right' } as const],
    ...[{ title: 'outcome', mayBeCut: true } as const, { title: 'waits until' }],
  ]
  const reasons = audiences.filter(({ waits }) => waits).flatMap((audience) => whyItWaits(audience, at, view, tokens))
  return section('Audiences', [table(columns, rows, inside(view)), ...reasons], view)
}

function inShort(audiences: readonly AudienceStatus[], now: number): string {
  const last = audiences
    .flatMap((audience) => audience.last ?? [])
    .reduce<number | undefined>((newest, { at }) => Math.max(newest ?? 0, at), undefined)
  const requests = last === undefined ? 'no request yet' : `last request ${ago(last, now)} ago, delivered`
  return `${audiences.length.toLocaleString('en')}, nobody waits; ${requests}`
}

const TOKEN_IS_VALID =
  'Meta calls the token valid that is stored now. If it is newer than the pause, they go by themselves, at the next attempt.'

/** Why the people of an audience wait, and what to do about it: nothing more, where `tokens` has a valid one by now. */
export function whyItWaits(
  audience: AudienceStatus,
  now: number,
  { terminal, typed }: Pick<View, 'terminal' | 'typed'>,
  tokens: readonly TokenStatus[] = [],
): string[] {
  const { destination, audienceId, waits } = audience
  if (!waits) return []
  const { reason, since, until } = waits
  const state = isPaused(audience) ? terminal.paint('red', 'is paused') : terminal.paint('yellow', 'waits')
  const left = until > now ? `, in ${durationOf((until - now) / 1000)}` : ''
  const columns = (terminal.columns ?? Infinity) - 2
  const isReplaced =
    endsWithToken(reason) && tokens.some((token) => token.destination === destination && token.state === 'valid')
  const advice = isReplaced
    ? `${TOKEN_IS_VALID} Else store a new one: ${typed(`token set ${destination}`)}`
    : waitAdviceText(reason, destination, typed)
  return [
    wrapped(`${printable(destination)} ${audienceId} ${state} since ${minuteOf(since)}`, columns),
    wrapped(`${printable(reason)}; next attempt ${minuteOf(until)}${left}`, columns, '  '),
    wrapped(printable(advice), columns, '  '),
  ]
}

function tokenLines(tokens: readonly TokenStatus[], view: View): string[] {
  if (!view.all && !tokens.some(tokenNeedsPerson) && new Set(tokens.map(tokenText)).size === 1 && tokens[0])
    return inOne('Tokens', `${tokens.length.toLocaleString('en')}, ${tokenText(tokens[0])}`, view)
  return section(
    'Tokens',
    tokens.map((token) => {
      const text = wrapped(`${token.destination}: ${tokenText(token)}`, inside(view).columns ?? Infinity, '  ').slice(2)
      return tokenNeedsPerson(token) ? painted('red', text, view.terminal) : text
    }),
    view,
  )
}

function tokenText(token: TokenStatus): string {
  switch (token.state) {
    case 'valid':
      if (token.daysLeft >= NEVER_ENDS_DAYS) return 'valid, without an end'
      return token.daysLeft === 0 ? 'ends within a day' : `valid for ${counted(token.daysLeft, 'day')}`
    case 'invalid':
      return 'not valid: it is wrong, withdrawn, or has ended'
    case 'token_not_set':
      return 'nobody has put one in yet'
    case 'token_unreadable':
      return 'the secret holds no token'
    case 'trial_run':
      return 'trial run, which needs none'
    case 'unknown':
      return 'not checked'
  }
}

function letterLines({ deadLetters, at }: StackStatus, view: View): string[] {
  const { letters, all } = deadLetters
  const said = notes(deadLetters)
  if (all === 0) return inOne('Dead letters', 'none', view)
  const shown = letters.length > 0 ? [groupsTable(letters, inside(view), at)] : []
  return section(
    'Dead letters',
    [
      ...shown,
      ...[said, `What to do about each: ${view.typed('dlq list')}`].flatMap((text) =>
        text === '' ? [] : [wrapped(text, inside(view).columns ?? Infinity)],
      ),
    ],
    view,
  )
}

function alarmLines({ watched }: StackStatus, view: View): string[] {
  if (watched?.ok !== true) return []
  const { alarms } = watched
  if (alarms.length === 0) return inOne('Alarms', 'none', view)
  return section(
    'Alarms',
    alarms.flatMap(({ name, since, impact }) => [
      `${view.terminal.paint('red', printable(name))}, for ${ago(since, view.now)}`,
      wrapped(printable(impact), (view.terminal.columns ?? 100) - 4, '  '),
    ]),
    view,
  )
}
