import { Command } from '@commander-js/extra-typings'
import { groupsTable } from '../dead-letters/chosen.ts'
import { groupsOf } from '../dead-letters/groups.ts'
import { withDeadLetters } from '../dead-letters/open.ts'
import { INTERRUPTED, notes, survey } from '../dead-letters/survey.ts'
import { examples } from '../help.ts'
import { untilInterrupted } from '../interruption.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { timeCell } from '../terminal/time.ts'
import { countQueues, readAudiences } from './read-status.ts'
import type { AudienceStatus } from './read-status.ts'
import { waitAdviceOf } from './wait-advice.ts'

type Options = StackOptions & { json?: true }

/** `status`: what is under way, what waits and why, and what was given up. */
export function statusCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('status')
    .description('show the queues, the last request of each audience, why people wait, and dead letters')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', '\nIt ends with 1 when people wait for a minute or longer, or were given up.')
    .addHelpText('after', examples('status', 'status --stack FacebookAudienceSync --json'))
    .action(async (options) => end(await runStatus(options, surroundings)))
}

async function runStatus(options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal, clock } = surroundings
  return withDeadLetters(options, surroundings, ({ stack, client, queues: deadLetterQueues }) =>
    untilInterrupted(surroundings, async (signal) => {
      const [queues, audiences, dead] = await Promise.all([
        countQueues(client, stack),
        readAudiences(stack, surroundings),
        survey(deadLetterQueues, signal, surroundings),
      ])
      if (dead.isInterrupted) return INTERRUPTED
      const waiting = audiences.filter(({ waits }) => waits)
      const status = dead.letters.length > 0 || waiting.length > 0 ? 1 : 0
      const groups = groupsOf(dead.letters)
      if (options.json) {
        const document = { stack: stack.title, queues, audiences, deadLetters: { complete: dead.isComplete, groups } }
        return { status, stdout: JSON.stringify(document, null, 2), stderr: notes(dead) }
      }
      const { paint } = terminal
      terminal.say(paint('bold', 'Queues'))
      terminal.answer(
        table(
          [
            { title: 'queue' },
            ...['waiting', 'in flight', 'delayed'].map((title) => ({ title, align: 'right' }) as const),
          ],
          queues.map((each) => [each.queue, ...[each.waiting, each.inFlight, each.delayed].map(String)]),
          terminal,
        ),
      )
      terminal.say(paint('bold', '\nAudiences'))
      terminal.answer(audiencesTable(audiences, terminal, clock()))
      for (const { destination, audienceId, waits } of waiting) terminal.say(whyItWaits(destination, audienceId, waits))
      terminal.say(paint('bold', '\nDead letters'))
      if (groups.length === 0) terminal.say('none')
      else terminal.answer(groupsTable(dead.letters, terminal, clock()))
      const next = groups.length > 0 ? 'What to do about dead letters: npm run -s cli -- dlq list' : ''
      return { status, stdout: '', stderr: [notes(dead), next].filter(Boolean).join('\n') }
    }),
  )
}

function audiencesTable(audiences: readonly AudienceStatus[], terminal: Terminal, now: number): string {
  return table(
    [
      { title: 'destination', mayBeCut: true },
      { title: 'audience', mayBeCut: true },
      { title: 'last request', align: 'right' },
      { title: 'rows', align: 'right' },
      { title: 'outcome', mayBeCut: true },
      { title: 'waits' },
    ],
    audiences.map(({ destination, audienceId, last, waits }) => [
      printable(destination),
      audienceId,
      timeCell(last?.at, now, terminal),
      last ? `${last.direction === 'add' ? '+' : '−'}${last.count.toLocaleString('en')}` : '',
      last ? printable(last.outcome) : 'none yet',
      waits ? `until ${new Date(waits.until).toISOString().slice(11, 16)} UTC` : '',
    ]),
    terminal,
  )
}

function whyItWaits(destination: string, audienceId: string, waits: AudienceStatus['waits']): string {
  const { reason = '', since = 0, until = 0 } = waits ?? {}
  const { meaning, fix } = waitAdviceOf(reason)
  const iso = (time: number) => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return [
    `${printable(destination)} ${audienceId} waits since ${iso(since)} (${printable(reason)}); next attempt ${iso(until)}.`,
    `  ${meaning}: ${fix}`,
  ].join('\n')
}
