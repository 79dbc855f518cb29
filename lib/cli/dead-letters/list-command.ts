import { Command } from '@commander-js/extra-typings'
import { adviceOf } from '../../retry/reason-advice.ts'
import { examples } from '../help.ts'
import { untilInterrupted } from '../interruption.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { capital } from '../terminal/capital.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { timeCell } from '../terminal/time.ts'
import { wrapped } from '../terminal/wrap.ts'
import { groupsTable } from './chosen.ts'
import { groupsOf } from './groups.ts'
import { directionOf, peopleIn } from './letter.ts'
import type { Letter } from './letter.ts'
import { withDeadLetters } from './open.ts'
import { INTERRUPTED, notes, survey } from './survey.ts'
import type { Survey } from './survey.ts'

type Options = StackOptions & { each?: true; json?: true }

/** `dlq list`: what the dead-letter queues hold, and what to do about it. */
export function listCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('list')
    .description('count the dead letters by reason, and say what to do about each')
    .option('--each', 'a line for each message, with its id')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('dlq list', 'dlq list --stack FacebookAudienceSync --json'))
    .action(async (options) => end(await runList(options, surroundings)))
}

async function runList(options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal } = surroundings
  return withDeadLetters(options, surroundings, ({ stack, queues }) =>
    untilInterrupted(surroundings, async (signal) => {
      const found = await survey(queues, signal, surroundings)
      if (found.isInterrupted) return INTERRUPTED
      const { letters } = found
      const status = letters.length > 0 ? 1 : 0
      if (options.json)
        return { status, stdout: JSON.stringify(documentOf(stack.title, found), null, 2), stderr: notes(found) }
      if (letters.length === 0) return { status, stdout: '', stderr: `${notes(found)}\nNo dead letters.`.trim() }
      const now = stack.clock()
      terminal.answer(options.each ? linesOf(letters, terminal, now) : groupsTable(letters, terminal, now))
      return {
        status,
        stdout: '',
        stderr: [notes(found), whatToDo(letters, stack, terminal)].filter(Boolean).join('\n'),
      }
    }),
  )
}

function linesOf(letters: readonly Letter[], terminal: Terminal, now: number): string {
  return table(
    [
      { title: 'id' },
      { title: 'reason', mayBeCut: true },
      { title: 'direction' },
      { title: 'people', align: 'right' },
      { title: 'given up', align: 'right' },
    ],
    letters
      .toSorted((one, other) => one.at - other.at)
      .map((letter) => [
        letter.messageId,
        terminal.paint('bold', printable(letter.reason)),
        directionOf(letter) ?? '',
        String(peopleIn(letter)),
        timeCell(letter.at, now, terminal),
      ]),
    terminal,
  )
}

/** The advice for each reason, and the command that follows. */
function whatToDo(letters: readonly Letter[], { typed }: Stack, { paint, columns = 100 }: Terminal): string {
  const reasons = [...new Set(groupsOf(letters).map(({ reason }) => reason))]
  return [
    '',
    'What to do:',
    ...reasons.flatMap((reason) => {
      const { meaning, fix, needsToken } = adviceOf(reason)
      return [
        `  ${paint('bold', printable(reason))}: ${meaning}`,
        wrapped(capital(fix), Math.min(columns, 100), '    '),
        ...(needsToken ? [`    ${typed(`token set ${destinationOf(reason, letters)}`)}`] : []),
      ]
    }),
    '',
    `Then send them again: ${typed('dlq redrive')}`,
  ].join('\n')
}

/** The destination whose token is meant, or a placeholder where there are several. */
function destinationOf(reason: string, letters: readonly Letter[]): string {
  const all = letters.flatMap((letter) => (letter.reason === reason ? (letter.content?.destinations ?? []) : []))
  const [first, ...others] = new Set(all)
  return first === undefined || others.length > 0 ? 'DESTINATION' : printable(first)
}

function documentOf(stack: string, { letters, all, hidden, isComplete }: Survey) {
  const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString())
  return {
    stack,
    complete: isComplete,
    counted: all,
    hidden,
    groups: groupsOf(letters).map(({ oldest, ...group }) => ({
      ...group,
      oldest: iso(oldest),
      ...adviceOf(group.reason),
    })),
    messages: letters.map(({ at, content, ...letter }) => ({
      ...letter,
      at: iso(at),
      ...(content && { ...content, oldest: iso(content.oldest), newest: iso(content.newest) }),
    })),
  }
}
