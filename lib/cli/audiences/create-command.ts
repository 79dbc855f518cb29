import { Command } from '@commander-js/extra-typings'
import type { Destination } from '../../config/destinations-schema.ts'
import type { CallGraph } from '../../graph-api/call.ts'
import { createCustomAudience, listCustomAudiences } from '../../graph-api/custom-audience.ts'
import { failureReason, mayTakeEffectLater } from '../../graph-api/error.ts'
import { examples } from '../help.ts'
import { named } from '../secrets/known-name.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import { openStack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askYes } from '../terminal/ask.ts'
import { printable } from '../terminal/terminal.ts'
import { OutOfReach, UsageError } from '../wrong-use.ts'
import { accountsOf, callAs, refusal } from './reach-meta.ts'

type Options = StackOptions & {
  destination: string
  account?: string
  description?: string
  valueBased?: true
  yes?: true
  json?: true
}

/** `audiences create`: a new customer list, and the line of the settings that leads to it. */
export function createCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('create')
    .description('make a customer-list audience, and print its id')
    .argument('<name>', 'what it is called')
    .requiredOption('--destination <name>', 'the destination whose token makes it')
    .option('--account <act_…>', 'the ad account; that of the destination when left out')
    .option('--description <text>', 'for people who see it in the Audience Manager')
    .option('--value-based', 'its rows may carry LOOKALIKE_VALUE; cannot be changed later')
    .option('--yes', 'make it without asking')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'audiences create "Newsletter" --destination main',
        'audiences create VIP --destination main --value-based --yes',
      ),
    )
    .action(async (name, options) => end(await runCreate(name, options, surroundings)))
}

async function runCreate(given: string, options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal } = surroundings
  const name = given.trim()
  if (name === '') throw new UsageError('An audience needs a name')
  const stack = await openStack(options, surroundings)
  const destination = named('destination', options.destination, stack.settings.destinations)
  const problem = (message: string): Result => {
    const document = { stack: stack.title, destination: destination.name, name, made: false, message }
    return { status: 1, stdout: options.json ? JSON.stringify(document, null, 2) : '', stderr: message }
  }
  const meta = await callAs(destination, stack, surroundings)
  if (!meta.ok) return problem(meta.message)
  const found = await accountFor(meta.call, destination, options.account)
  if (!found.ok) return problem(found.message)
  const { account } = found
  const existing = await listCustomAudiences(meta.call, account)
  if (!existing.ok) return problem(refusal(`Meta does not list ${account}`, existing.failure))
  const same = existing.value.find((audience) => audience.name === name)
  const documentOf = (id: string, more: { made: boolean; isValueBased?: boolean }) => {
    const document = { stack: stack.title, destination: destination.name, account, id, name, ...more }
    return JSON.stringify({ ...document, line: settingsLine(id) }, null, 2)
  }
  if (same)
    return {
      status: 1,
      stdout: options.json ? documentOf(printable(same.id), { made: false }) : '',
      stderr: `${account} has an audience "${printable(name)}" already: ${printable(same.id)}. Nothing was made.\n${howToMap(destination, printable(same.id))}`,
    }
  const isValueBased = options.valueBased === true || destination.isValueBasedAudience
  const question = `Make the ${isValueBased ? 'value-based ' : ''}customer list "${printable(name)}" in ${account}?`
  if (!options.yes && !(await askYes(question, 'add --yes to do it without asking', terminal)))
    return { status: 130, stdout: '', stderr: 'Nothing was made.' }
  const { description } = options
  const made = await createCustomAudience(meta.call, account, { name, description, isValueBased })
  if (!made.ok) {
    const { failure } = made
    if (!mayTakeEffectLater(failure)) return problem(refusal('Meta did not make it', failure))
    throw new OutOfReach(
      `Meta did not say whether it made it (${failureReason(failure)}).\nSee whether it is there before you repeat this: ${stack.typed('audiences list')}`,
    )
  }
  const id = printable(made.value.id)
  return {
    status: 0,
    stdout: options.json ? documentOf(id, { made: true, isValueBased }) : id,
    stderr: `Made "${printable(name)}" in ${account}.\n${howToMap(destination, id)}`,
  }
}

async function accountFor(
  call: CallGraph,
  destination: Destination,
  given: string | undefined,
): Promise<{ ok: true; account: string } | { ok: false; message: string }> {
  if (given !== undefined) {
    if (!/^(?:act_)?[1-9]\d{0,19}$/.test(given))
      throw new UsageError(`--account must be an ad account such as act_1234567890, and is "${printable(given)}"`)
    return { ok: true, account: given.startsWith('act_') ? given : `act_${given}` }
  }
  const found = await accountsOf(call, destination)
  if (!found.ok)
    return {
      ok: false,
      message: `${refusal(`Meta tells no ad account of ${destination.name}`, found.failure)} Or give --account act_…`,
    }
  const [account, ...others] = found.accounts
  if (account === undefined)
    throw new UsageError(`No audience of ${destination.name} tells its ad account: give --account act_…`)
  if (others.length > 0)
    throw new UsageError(
      `${destination.name} has audiences in ${found.accounts.join(', ')}: choose with --account act_…`,
    )
  return { ok: true, account }
}

/** The line that leads an event to an audience. */
function settingsLine(id: string): string {
  return `"EVENT_NAME": "${id}"`
}

function howToMap({ name }: Destination, id: string): string {
  return `Add this to "events" of ${name} in destinations.json, with the name of your event, and deploy:\n  ${settingsLine(id)}`
}
