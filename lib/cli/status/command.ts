import { Command } from '@commander-js/extra-typings'
import { INTERRUPTED, notes } from '../dead-letters/survey.ts'
import { examples } from '../help.ts'
import { untilInterrupted } from '../interruption.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import { openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { documentOf, rowsOf } from './document.ts'
import { exitStatusOf, problemsIn, unreadIn } from './problems.ts'
import { openStatus } from './read-status.ts'
import type { StackStatus } from './read-status.ts'
import { linesOf, whyItWaits } from './view.ts'
import { watch } from './watch.ts'

type Options = StackOptions & { watch?: true; all?: boolean; json?: true }

/** `status`: what is under way, what waits and why, and what was given up. */
export function statusCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('status')
    .description('show queues, each audience’s last request and why its people wait, tokens, dead letters and alarms')
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .option('--all', 'show everything, also where all is well')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText(
      'after',
      '\nIt ends with 1 when something needs a person: a paused audience, a token, dead letters, an alarm.',
    )
    .addHelpText('after', examples('status', 'status --watch', 'status --stack FacebookAudienceSync --json'))
    .action(async (options) => end(await (options.watch ? watch : runStatus)(options, surroundings)))
}

async function runStatus(options: Options, surroundings: Surroundings): Promise<Result> {
  const stack = await openStack(options, surroundings)
  const source = openStatus(stack, surroundings)
  try {
    return await untilInterrupted(surroundings, async (signal) => {
      const { status } = await source.read(undefined, signal)
      if (signal.aborted) return INTERRUPTED
      return { status: exitStatusOf(status), ...written(stack, status, options, surroundings) }
    })
  } finally {
    source.close()
  }
}

function written(
  { title, typed }: Stack,
  status: StackStatus,
  { json, all = false }: Options,
  { terminal, clock }: Surroundings,
): Pick<Result, 'stdout' | 'stderr'> {
  if (json) return { stdout: JSON.stringify(documentOf(title, status), null, 2), stderr: '' }
  if (terminal.columns !== undefined)
    return { stdout: linesOf(status, { terminal, typed, now: clock(), all }).join('\n'), stderr: '' }
  const problems = problemsIn(status)
  const words = [
    ...(problems.length > 0 ? [`Needs a person: ${problems.join(', ')}.`] : []),
    ...unreadIn(status),
    ...status.audiences.flatMap((audience) => whyItWaits(audience, status.at, { terminal, typed }, status.tokens)),
    notes(status.deadLetters),
  ]
  return { stdout: rowsOf(status), stderr: words.filter((each) => each !== '').join('\n') }
}
