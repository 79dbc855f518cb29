import { Command } from '@commander-js/extra-typings'
import { createSendMessages } from '../../aws/queue.ts'
import type { SendMessages } from '../../aws/queue.ts'
import { examples } from '../help.ts'
import { untilInterrupted } from '../interruption.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askYes } from '../terminal/ask.ts'
import { counted } from '../terminal/counted.ts'
import { progress } from '../terminal/progress.ts'
import { AFTER, AUDIENCE, BEFORE, DESTINATION, REASON, isChosen, isForOthersToo } from './choice.ts'
import type { Choice } from './choice.ts'
import { groupsTable, nothingChosen, nothingDone } from './chosen.ts'
import { sendBack } from './destination-queue.ts'
import type { Target } from './destination-queue.ts'
import { peopleIn } from './letter.ts'
import type { Letter } from './letter.ts'
import { withDeadLetters } from './open.ts'
import type { Opened } from './open.ts'
import { INTERRUPTED, notes, survey } from './survey.ts'
import { takeOut } from './take-out.ts'

type Options = StackOptions & Choice & { yes?: true; json?: true }

/** `dlq redrive`: dead letters are delivered again. */
export function redriveCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('redrive')
    .description('send dead letters back to the queues that consumers read; all, or those that the options choose')
    .addOption(REASON)
    .addOption(DESTINATION)
    .addOption(AUDIENCE)
    .addOption(BEFORE)
    .addOption(AFTER)
    .option('--yes', 'do it without asking')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText(
      'after',
      examples('dlq redrive', 'dlq redrive --reason graph_190 --destination main --yes', 'dlq list'),
    )
    .action(async (options) => end(await runRedrive(options, surroundings)))
}

async function runRedrive(options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal } = surroundings
  return withDeadLetters(options, surroundings, async (opened) => {
    const { queues } = opened
    const found = await untilInterrupted(surroundings, (signal) => survey(queues, signal, surroundings))
    if (found.isInterrupted) return INTERRUPTED
    const chosen = found.letters.filter((letter) => isChosen(letter, options))
    const sendable = chosen.filter(({ content }) => content)
    if (notes(found) !== '') terminal.say(notes(found))
    if (chosen.length === 0)
      return nothingChosen(found.letters, opened.stack, { redriven: 0, people: 0, left: 0 }, options)
    const stay = chosen.length - sendable.length
    if (stay > 0)
      terminal.say(
        `${counted(stay, 'message')} will stay: this version of the product did not write ${stay === 1 ? 'it' : 'them'}.`,
      )
    if (sendable.length === 0)
      return nothingDone('Nothing to redrive.', opened.stack, { redriven: 0, people: 0, left: stay }, options)
    const shared = sendable.filter((letter) => isForOthersToo(letter, options)).length
    if (shared > 0)
      terminal.say(
        `${counted(shared, 'message')} ${shared === 1 ? 'goes' : 'go'} to other destinations or audiences, too, once more, which does no harm.`,
      )
    if (!options.yes) {
      terminal.say(groupsTable(sendable, terminal, opened.stack.clock()))
      const question = `Redrive ${found.isComplete ? '' : 'at least '}${counted(sendable.length, 'message')} with ${peopleOf(sendable)}?`
      if (!(await askYes(question, 'add --yes to do it without asking', terminal)))
        return { status: 130, stdout: '', stderr: 'Nothing was redriven.' }
    }
    return redrive(opened, sendable, options, stay, surroundings)
  })
}

async function redrive(
  { queues, stack, client }: Opened,
  known: readonly Letter[],
  options: Options,
  stay: number,
  surroundings: Surroundings,
): Promise<Result> {
  const { terminal, clock } = surroundings
  const bar = progress(terminal, clock)
  const senders = new Map<Target, SendMessages>()
  const senderOf = (target: Target) => {
    const sender = senders.get(target) ?? createSendMessages(client, stack.output(target), surroundings)
    senders.set(target, sender)
    return sender
  }
  let people = 0
  const taken = await untilInterrupted(surroundings, async (signal) => ({
    ...(await takeOut(queues, {
      isChosen: (received) => received.letter.content !== undefined && isChosen(received.letter, options),
      first: async (chosen) => {
        const stored = await sendBack(chosen, senderOf)
        if (stored.ok) people += chosen.reduce((sum, { letter }) => sum + peopleIn(letter), 0)
        return stored
      },
      known,
      onTaken: (messages) =>
        bar.show(
          `${messages.toLocaleString('en')} of ${counted(Math.max(known.length, messages), 'message')} redriven`,
        ),
      signal,
      clock,
    })),
    isInterrupted: signal.aborted,
  })).finally(bar.end)
  const { messages, failure, isInterrupted } = taken
  const status = failure !== undefined ? 3 : isInterrupted ? 130 : stay > 0 || messages < known.length ? 1 : 0
  const left = Math.max(0, known.length - messages)
  const document = { stack: stack.title, redriven: messages, people, left: left + stay, failure }
  terminal.answer(
    options.json
      ? JSON.stringify(document, null, 2)
      : `Redriven: ${counted(messages, 'message')} with ${counted(people, 'person', 'people')}.`,
  )
  if (failure !== undefined)
    terminal.say(`SQS failed (${failure}). What was not redriven is still here: repeat the command.`)
  else if (left > 0)
    terminal.say(`Not redriven: ${counted(left, 'message')}. Repeat the command for what is still here.`)
  if (messages > 0) terminal.say(`What becomes of them: ${stack.typed('dlq list')}`)
  return { status, stdout: '', stderr: '' }
}

function peopleOf(letters: readonly Letter[]): string {
  return counted(
    letters.reduce((sum, letter) => sum + peopleIn(letter), 0),
    'person',
    'people',
  )
}
