import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { STRONG_FIELDS } from '../../config/schema-field.ts'
import type { SchemaField } from '../../config/schema-field.ts'
import { usersIn } from '../../erasure/erase-body.ts'
import { peopleToErase } from '../erasure/people-to-erase.ts'
import type { PersonValues } from '../erasure/people-to-erase.ts'
import { EMAIL, EXTERN_ID, MADID, PHONE } from '../erasure/person-options.ts'
import { examples } from '../help.ts'
import { endpointOf } from '../stack/endpoint.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import { openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askText } from '../terminal/ask.ts'
import { OutOfReach, UsageError } from '../wrong-use.ts'
import { askWhetherErased, erasedLine } from './erased.ts'
import { fieldsOf, takenFor, userWith } from './person.ts'
import { explainPerson } from './why.ts'

type Options = PersonValues & { as?: SchemaField; reveal?: true }

const AS = new Option('--as <field>', `what PERSON is: ${STRONG_FIELDS.join(', ')}`).argParser((text): SchemaField => {
  const field = STRONG_FIELDS.find((each) => each === text.toUpperCase().replace('-', '_'))
  if (field === undefined) throw new InvalidArgumentError(`It must be one of ${STRONG_FIELDS.join(', ')}.`)
  return field
})

/** `why`: why a person is in an audience, or is not. */
export function whyCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('why')
    .description(
      'say why a person is in an audience or not: the last words about them, the requests that carried these, whether they wait or are erased, and what would make it different',
    )
    .argument(
      '[person]',
      'an e-mail address, phone number or id; asked for when left out, so that it stays out of your shell’s history. Or a file.json with a list of users, or - for standard input: of several people it says whether they are erased',
    )
    .addOption(AS)
    .option('--reveal', 'show values and hashes whole')
    .addOption(EMAIL)
    .addOption(PHONE)
    .addOption(EXTERN_ID)
    .addOption(MADID)
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText(
      'after',
      examples('why', 'why ann@example.com', 'why 4711 --as EXTERN_ID --stack FacebookAudienceSync'),
    )
    .action(async (person, options) => end(await runWhy(person, options, surroundings)))
}

async function runWhy(person: string | undefined, options: Options, surroundings: Surroundings): Promise<Result> {
  const stack = await stackOf(options, surroundings)
  const { users, body, isOnePerson } = await whoIsMeant(person, options, surroundings)
  if (stack && isOnePerson) return explainPerson(stack, users, body, options, surroundings)
  const endpoint = await endpointOf(options, surroundings, ({ mayErase }) => mayErase)
  const answered = await askWhetherErased(endpoint, body, surroundings.fetch)
  const stdout = options.json && answered.json !== undefined ? JSON.stringify(answered.json, null, 2) : ''
  if (!answered.ok) return { status: answered.status, stdout, stderr: answered.message }
  const { users: asked } = answered.answer
  const isUnusable = asked.some(({ code }) => code !== undefined)
  return { status: isUnusable ? 1 : 0, stdout: options.json ? stdout : asked.map(erasedLine).join('\n'), stderr: '' }
}

/** The stack; undefined where `--url` is the endpoint of a deployed one, which tells only who is erased. */
async function stackOf(options: Options, surroundings: Surroundings): Promise<Stack | undefined> {
  if (options.stack !== undefined) return openStack(options, surroundings)
  try {
    return await openStack(options, surroundings)
  } catch (error) {
    if (!(error instanceof OutOfReach)) throw error
    surroundings.terminal.say(`${error.message}\nSo only the endpoint is asked, which knows who is erased.`)
    return undefined
  }
}

type Meant = { users: readonly unknown[]; body: unknown; isOnePerson: boolean }

async function whoIsMeant(person: string | undefined, options: Options, surroundings: Surroundings): Promise<Meant> {
  const isFile = person === '-' || (person?.endsWith('.json') ?? false)
  const isByOptions = [options.email, options.phone, options.externId, options.madid].some((each) => each !== undefined)
  if (options.as !== undefined && (isFile || isByOptions))
    throw new UsageError('--as says what PERSON is: leave it out beside a file and beside --email, --phone, …')
  if (isFile || isByOptions) {
    if (person !== undefined && !isFile) throw new UsageError('why takes a PERSON or options, and not both')
    const { body, from } = peopleToErase('why', person, options, surroundings)
    const asked = usersIn(body, 'erase')
    const users = asked.ok ? asked.users : []
    return { users, body, isOnePerson: asked.ok && (from === undefined || users.length === 1) }
  }
  const { terminal } = surroundings
  const instead = 'give it as an argument, or a list of users with -'
  const text = (person ?? (await askText('E-mail address, phone number or id', { instead }, terminal))).trim()
  if (text === '') throw new UsageError('Say who is meant: why ann@example.com')
  const fields = options.as === undefined ? fieldsOf(text) : [options.as]
  if (options.as === undefined) terminal.say(terminal.paint('dim', takenFor(fields)))
  const users = [userWith(text, fields)]
  return { users, body: { users }, isOnePerson: true }
}
