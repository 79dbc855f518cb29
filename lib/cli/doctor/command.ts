import { Command } from '@commander-js/extra-typings'
import { named } from '../secrets/known-name.ts'
import { examples } from '../help.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import { openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { counted } from '../terminal/counted.ts'
import type { CheckGroup, Outcome } from './check.ts'
import { groupText } from './checks-text.ts'
import { checkDestination } from './destination-checks.ts'
import { checkStack } from './stack-checks.ts'

type Options = StackOptions & { destination?: string; json?: true }

/** `doctor`: whether everything is as it should be, and what to do where it is not. */
export function doctorCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('doctor')
    .description(
      'check tokens, ad accounts, audiences and the stack, and say how to mend what is not well; changes nothing',
    )
    .option('--destination <name>', 'this destination and the stack; all destinations when left out')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', '\nIt ends with 1 when a check failed; warnings alone are 0.')
    .addHelpText('after', examples('doctor', 'doctor --stack FacebookAudienceSync --destination main --json'))
    .action(async (options) => end(await runDoctor(options, surroundings)))
}

async function runDoctor(options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal } = surroundings
  const stack = await openStack(options, surroundings)
  const all = stack.settings.destinations
  const destinations = options.destination === undefined ? all : [named('destination', options.destination, all)]
  const groups: CheckGroup[] = []
  const show = (found: readonly CheckGroup[]) => {
    terminal.redraw?.('')
    groups.push(...found)
    if (options.json) return
    for (const group of found) {
      if (terminal.columns !== undefined) terminal.say('')
      terminal.answer(groupText(group, terminal))
    }
  }
  for (const destination of destinations) {
    terminal.redraw?.(`Asking Meta about ${destination.name} …`)
    show(await checkDestination(destination, stack, surroundings))
  }
  terminal.redraw?.('Asking AWS about the stack …')
  show([{ subject: 'stack', checks: await checkStack(stack, surroundings) }])
  return resultOf(groups, stack, options)
}

function resultOf(groups: readonly CheckGroup[], stack: Stack, options: Options): Result {
  const outcomes = groups.flatMap(({ checks }) => checks.map(({ outcome }) => outcome))
  const count = (wanted: Outcome) => outcomes.filter((outcome) => outcome === wanted).length
  const counts = { ok: count('ok'), warn: count('warn'), fail: count('fail'), skipped: count('skipped') }
  const status = counts.fail > 0 ? 1 : 0
  const checks = groups.flatMap(({ destination, subject, checks: of }) =>
    of.map((check) => ({ ...(destination !== undefined && { destination }), subject, ...check })),
  )
  return {
    status,
    stdout: options.json ? JSON.stringify({ stack: stack.title, counts, checks }, null, 2) : '',
    stderr: summary(counts),
  }
}

function summary({ ok, warn, fail, skipped }: Record<Outcome, number>): string {
  const others = [
    ...(fail > 0 ? [`${fail} failed`] : []),
    ...(warn > 0 ? [counted(warn, 'warning')] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  return others.length === 0 ? `\nAll ${ok} checks are ok.` : `\n${others.join(', ')}, ${ok} ok.`
}
