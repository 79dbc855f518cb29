import { Command } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { untilInterrupted } from '../interruption.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askText, askYes } from '../terminal/ask.ts'
import { counted } from '../terminal/counted.ts'
import { progress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { UsageError } from '../wrong-use.ts'
import { AFTER, AUDIENCE, BEFORE, DESTINATION, REASON, isChosen, isForOthersToo } from './choice.ts'
import type { Choice } from './choice.ts'
import { groupsTable, nothingChosen, nothingDone } from './chosen.ts'
import { mayHaveRemovals, peopleIn } from './letter.ts'
import type { Letter } from './letter.ts'
import { withDeadLetters } from './open.ts'
import type { Opened } from './open.ts'
import { INTERRUPTED, notes, survey } from './survey.ts'
import { takeOut } from './take-out.ts'

type Options = StackOptions & Choice & { withRemovals?: true; yes?: true; confirm?: string; json?: true }

/** `dlq discard`: dead letters are deleted. */
export function discardCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('discard')
    .description('delete dead letters for good; all, or those that the options choose')
    .addOption(REASON)
    .addOption(DESTINATION)
    .addOption(AUDIENCE)
    .addOption(BEFORE)
    .addOption(AFTER)
    .option(
      '--with-removals',
      'removals and erasures too, and what cannot be read: these people then stay in the audiences',
    )
    .option('--yes', 'do it without asking; only for the local stack')
    .option('--confirm <stack>', 'do it without asking on this deployed stack; its name again')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'dlq discard --reason undecodable --with-removals',
        'dlq discard --reason event_unmapped --stack FacebookAudienceSync --confirm FacebookAudienceSync',
      ),
    )
    .action(async (options) => end(await runDiscard(options, surroundings)))
}

async function runDiscard(options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal } = surroundings
  const { stack, confirm, yes } = options
  if (confirm !== undefined && confirm !== stack)
    throw new UsageError(
      stack === undefined
        ? '--confirm belongs to --stack: the local stack needs --yes'
        : `--confirm is "${confirm}", and the stack is "${stack}"`,
    )
  if (yes && stack !== undefined)
    throw new UsageError(`--yes is for the local stack; on a deployed one, give its name: --confirm ${stack}`)
  return withDeadLetters(options, surroundings, async (opened) => {
    const found = await untilInterrupted(surroundings, (signal) => survey(opened.queues, signal, surroundings))
    if (found.isInterrupted) return INTERRUPTED
    const chosen = found.letters.filter((letter) => isChosen(letter, options))
    if (notes(found) !== '') terminal.say(notes(found))
    if (chosen.length === 0) return nothingChosen(found.letters, opened.stack, { discarded: 0, left: 0 }, options)
    const own = chosen.filter((letter) => !isForOthersToo(letter, options))
    const shared = chosen.length - own.length
    if (shared > 0)
      terminal.say(
        `${counted(shared, 'message')} will stay: ${shared === 1 ? 'it is' : 'they are'} for other destinations or audiences, too, whose people would be lost.`,
      )
    const removals = own.filter(mayHaveRemovals)
    const doomed = options.withRemovals ? own : own.filter((letter) => !mayHaveRemovals(letter))
    if (removals.length > 0) terminal.say(aboutRemovals(removals, options.withRemovals))
    if (doomed.length === 0)
      return nothingDone('Nothing was discarded.', opened.stack, { discarded: 0, left: chosen.length }, options)
    terminal.say(groupsTable(doomed, terminal, opened.stack.clock()))
    if (!(await isWanted(doomed, options, terminal)))
      return { status: 130, stdout: '', stderr: 'Nothing was discarded.' }
    return discard(opened, doomed, chosen.length - doomed.length, options, surroundings)
  })
}

function aboutRemovals(removals: readonly Letter[], withRemovals: true | undefined): string {
  const known = removals.filter(({ content }) => content)
  const erasures = known.filter(({ content }) => content?.hasErasure).length
  const unknown = removals.length - known.length
  const what = [
    ...(known.length > 0
      ? [`${counted(known.length, 'message')} with removals${erasures > 0 ? ` (erasures in ${erasures})` : ''}`]
      : []),
    ...(unknown > 0
      ? [`${counted(unknown, 'message')} that this version of the product cannot read (removals may be among them)`]
      : []),
  ].join(' and ')
  return withRemovals
    ? `${what} will be lost for good: these people stay in the audiences, although they should be out.`
    : `${what} will stay, because discarded removals are lost for good: these people would stay in the audiences.\nRedrive them, or discard them too with --with-removals.`
}

async function isWanted(doomed: readonly Letter[], { stack, confirm, yes }: Options, terminal: Terminal) {
  if (yes || confirm !== undefined) return true
  const people = doomed.reduce((sum, letter) => sum + peopleIn(letter), 0)
  const atLeast = doomed.every(({ content }) => content) ? '' : 'at least '
  const question = `Discard ${counted(doomed.length, 'message')} with ${atLeast}${counted(people, 'person', 'people')} for good?`
  if (stack === undefined) return askYes(question, 'add --yes to do it without asking', terminal)
  const typed = await askText(
    `${question} Type the stack's name`,
    { instead: `add --confirm ${stack} to do it without asking` },
    terminal,
  )
  if (typed === stack) return true
  terminal.say(`That is not ${stack}.`)
  return false
}

async function discard(
  { queues, stack }: Opened,
  doomed: readonly Letter[],
  stay: number,
  options: Options,
  surroundings: Surroundings,
): Promise<Result> {
  const { terminal, clock } = surroundings
  const bar = progress(terminal, clock)
  // Only these: the person was not asked about what has come since.
  const ids = new Set(doomed.map(({ messageId }) => messageId))
  const { messages, failure, isInterrupted } = await untilInterrupted(surroundings, async (signal) => ({
    ...(await takeOut(queues, {
      isChosen: ({ letter }) => ids.has(letter.messageId),
      first: () => Promise.resolve({ ok: true }),
      known: doomed,
      onTaken: (count) => bar.show(`${count.toLocaleString('en')} of ${counted(ids.size, 'message')} discarded`),
      signal,
      clock,
    })),
    isInterrupted: signal.aborted,
  })).finally(bar.end)
  const left = ids.size - messages + stay
  const status = failure !== undefined ? 3 : isInterrupted ? 130 : left > 0 ? 1 : 0
  terminal.answer(
    options.json
      ? JSON.stringify({ stack: stack.title, discarded: messages, left, failure }, null, 2)
      : `Discarded: ${counted(messages, 'message')}.`,
  )
  const words = [
    ...(failure === undefined ? [] : [`SQS failed (${failure}): repeat the command.`]),
    ...(left > 0 ? [`Still here: ${counted(left, 'message')}.`] : []),
  ]
  return { status, stdout: '', stderr: words.join('\n') }
}
