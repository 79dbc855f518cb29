import { Command } from '@commander-js/extra-typings'
import { adviceOf } from '../../retry/reason-advice.ts'
import { examples } from '../help.ts'
import { untilInterrupted } from '../interruption.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { columns } from '../terminal/columns.ts'
import { printable } from '../terminal/terminal.ts'
import { ago } from '../terminal/time.ts'
import { wrapped } from '../terminal/wrap.ts'
import { directionOf, peopleIn } from './letter.ts'
import type { ReceivedLetter } from './letter.ts'
import { withDeadLetters } from './open.ts'
import { revealed } from './revealed.ts'
import { INTERRUPTED, notes, survey } from './survey.ts'

type Options = StackOptions & { reveal?: true; json?: true }

/** `dlq show`: one dead letter. */
export function showCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('show')
    .description('show one dead letter, without anything of its people')
    .argument('[id]', 'its id, or the beginning of it; the oldest when left out')
    .option('--reveal', 'show its rows too: personal data, hashed or as it was sent to us')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('dlq show', 'dlq show 3f2c --reveal'))
    .action(async (id, options) => end(await runShow(id, options, surroundings)))
}

async function runShow(id: string | undefined, options: Options, surroundings: Surroundings): Promise<Result> {
  return withDeadLetters(options, surroundings, ({ queues, stack }) =>
    untilInterrupted(surroundings, async (signal) => {
      // Only what may be shown is kept: a queue may hold more than memory does.
      let fitting: ReceivedLetter[] = []
      const found = await survey(queues, signal, surroundings, (received) => {
        const { messageId, at } = received.letter
        if (id) fitting.push(...(messageId.startsWith(id.toLowerCase()) ? [received] : []))
        else if (!fitting[0] || at < fitting[0].letter.at) fitting = [received]
      })
      if (found.isInterrupted) return INTERRUPTED
      const [first, second] = fitting
      const messageIds = fitting.map(({ letter }) => letter.messageId)
      const notOne = options.json ? JSON.stringify({ found: fitting.length, messageIds }, null, 2) : ''
      if (!first) return { status: 1, stdout: notOne, stderr: notFound(id, found.letters.length, notes(found), stack) }
      if (second)
        return {
          status: 1,
          stdout: notOne,
          stderr: `Several ids begin with ${id}:\n${messageIds.map((each) => `  ${each}`).join('\n')}`,
        }
      const stdout = options.json
        ? JSON.stringify(documentOf(first, options.reveal), null, 2)
        : shown(first, options, stack, surroundings)
      return { status: 0, stdout, stderr: notes(found) }
    }),
  )
}

function notFound(id: string | undefined, letters: number, about: string, { typed }: Stack): string {
  if (letters === 0) return `${about}\nNo dead letters.`.trim()
  return `${about}\nNo dead letter has an id that begins with ${printable(id ?? '')}. All ids: ${typed('dlq list --each')}`.trim()
}

function shown(
  { letter, body }: ReceivedLetter,
  { reveal }: Options,
  { typed, clock }: Stack,
  { terminal }: Surroundings,
): string {
  const { messageId, isSession, reason, at, content, firstAttempt, lastAttempt, code, fbtraceId } = letter
  const now = clock()
  const time = (ms: number) => `${new Date(ms).toISOString()} (${ago(ms, now)} ago)`
  const { meaning, fix } = adviceOf(reason)
  const lines: [string, string | undefined][] = [
    ['id', messageId],
    ['queue', isSession ? 'dead letters of sessions' : 'dead letters'],
    ['reason', reason],
    ['code of Meta', code],
    ['fbtrace_id', fbtraceId],
    [lastAttempt === undefined ? 'sent' : 'given up', Number.isNaN(at) ? undefined : time(at)],
    ['first attempt', firstAttempt === lastAttempt ? undefined : firstAttempt],
    ['content', content?.kind ?? 'not of this version of the product'],
    ['destinations', content?.destinations.join(', ')],
    ['audiences', content?.audiences.join(', ')],
    ['direction', directionOf(letter)],
    ['people', content && String(peopleIn(letter))],
    ['erasures', content?.hasErasure ? 'among them' : undefined],
    ['oldest event', content?.oldest === undefined ? undefined : time(content.oldest)],
  ]
  const width = Math.min(terminal.columns ?? 100, 100)
  const facts = lines.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, printable(value)] as const],
  )
  return [
    ...columns(facts),
    '',
    wrapped(`${meaning}: ${fix}`, width),
    ...(reveal
      ? ['', ...revealed(body)]
      : content
        ? ['', `Its rows are personal data: ${typed(`dlq show ${messageId.slice(0, 8)} --reveal`)}`]
        : []),
  ].join('\n')
}

function documentOf({ letter, body }: ReceivedLetter, reveal: true | undefined) {
  const { at, content, ...rest } = letter
  const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString())
  return {
    ...rest,
    at: iso(at),
    ...(content && { ...content, oldest: iso(content.oldest), newest: iso(content.newest) }),
    ...adviceOf(rest.reason),
    ...(reveal && { body: parsed(body) }),
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
