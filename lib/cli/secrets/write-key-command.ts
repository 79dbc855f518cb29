import { randomBytes } from 'node:crypto'
import { Command } from '@commander-js/extra-typings'
import { SECRET_LIFETIME_SECONDS } from '../../aws/secret.ts'
import type { Source } from '../../config/destinations-schema.ts'
import { examples } from '../help.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import { openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askYes } from '../terminal/ask.ts'
import { counted } from '../terminal/counted.ts'
import { named } from './known-name.ts'
import { withSecret } from './secret.ts'
import type { OperatorsSecret } from './secret.ts'
import { UnchangeableKeys, keysIn, withFirstKey, withNewKey, withSource } from './write-keys-text.ts'

type Options = StackOptions & { json?: true }

/** `write-key`: the keys with which sources authenticate. */
export function writeKeyCommand(surroundings: Surroundings, end: (result: Result) => void) {
  const common = (name: string, description: string) =>
    new Command(name)
      .description(description)
      .argument('<source>', 'its name in destinations.json')
      .addOption(STACK)
      .addOption(REGION)
      .addOption(URL_OPTION)
      .addOption(JSON_OPTION)
  return new Command('write-key')
    .description('the keys with which sources send events')
    .helpCommand(false)
    .addCommand(
      common('show', 'print the keys of a source, the current one first')
        .addHelpText('after', examples('write-key show server', 'write-key show server --json'))
        .action(async (source, options) => end(await runShow(source, options, surroundings))),
    )
    .addCommand(
      common('rotate', 'make a new key for a source, and print it; the old one stays valid until --finish')
        .option('--finish', 'take the old keys out, when all senders have the new one')
        .option('--yes', 'take them out without asking')
        .addHelpText('after', examples('write-key rotate server', 'write-key rotate server --finish'))
        .action(async (source, options) =>
          end(
            await (options.finish
              ? runFinish(source, options, surroundings)
              : changeKeys(source, options, surroundings, rotation)),
          ),
        ),
    )
    .addCommand(
      common('add', 'make the first key of a source that has none, and print it')
        .addHelpText('after', examples('write-key add shop'))
        .action(async (source, options) => end(await changeKeys(source, options, surroundings, addition))),
    )
    .addHelpText('after', examples('write-key show server', 'write-key rotate server'))
}

/** Opens the write-keys secret for one of its sources. What the secret does not allow ends with 1. */
async function withKeys(
  name: string,
  options: Options,
  surroundings: Surroundings,
  work: (secret: OperatorsSecret, source: Source, stack: Stack) => Promise<Result>,
): Promise<Result> {
  const stack = await openStack(options, surroundings)
  const source = named('source', name, stack.settings.sources)
  try {
    return await withSecret(stack, stack.output('WriteKeysSecret'), (secret) => work(secret, source, stack))
  } catch (error) {
    if (!(error instanceof UnchangeableKeys)) throw error
    const document = { stack: stack.title, source: name, changed: false, message: error.message }
    return { status: 1, stdout: options.json ? JSON.stringify(document, null, 2) : '', stderr: error.message }
  }
}

async function runShow(name: string, options: Options, surroundings: Surroundings): Promise<Result> {
  return withKeys(name, options, surroundings, async (secret, _, { typed }) => {
    const keys = keysIn(await secret.read(), name)
    if (!keys)
      return {
        status: 1,
        stdout: options.json ? JSON.stringify({ source: name, writeKeys: [] }, null, 2) : '',
        stderr: `${name} has no key yet. Make one: ${typed(`write-key add ${name}`)}`,
      }
    const { writeKeys, signingSecret } = keys
    if (options.json)
      return { status: 0, stdout: JSON.stringify({ source: name, writeKeys, signingSecret }, null, 2), stderr: '' }
    // The keys alone, so that a script can hand them on.
    const stderr = [
      ...(writeKeys.length > 1 ? [`${counted(writeKeys.length, 'key')} are valid; the first is the newest.`] : []),
      ...(signingSecret === undefined ? [] : ['It also has a signing secret: --json shows it.']),
    ]
    return { status: 0, stdout: writeKeys.join('\n'), stderr: stderr.join('\n') }
  })
}

type Made = { writeKey: string; signingSecret?: string }
type Change = {
  made: (source: Source) => Made
  change: (text: string, source: string, made: Made) => string
  next: (source: string, typed: Stack['typed']) => string
}

const rotation: Change = {
  made: () => ({ writeKey: newKey() }),
  change: (text, source, { writeKey }) => withNewKey(text, source, writeKey),
  next: (source, typed) =>
    `That is the new key of ${source}; the old one stays valid. Give it to all senders, then take the old one out:\n  ${typed(`write-key rotate ${source} --finish`)}`,
}

const addition: Change = {
  made: ({ signed }) => ({ writeKey: newKey(), ...(signed && { signingSecret: newKey() }) }),
  change: (text, source, { writeKey, signingSecret }) => withSource(text, source, writeKey, signingSecret),
  next: (source) => `That is the key of ${source}. It is valid within ten seconds of its first use.`,
}

async function changeKeys(
  name: string,
  options: Options,
  surroundings: Surroundings,
  { made: make, change, next }: Change,
): Promise<Result> {
  return withKeys(name, options, surroundings, async (secret, source, stack) => {
    const made = make(source)
    await secret.change((text) => change(text, name, made))
    surroundings.terminal.answer(
      options.json ? JSON.stringify({ stack: stack.title, source: name, ...made }, null, 2) : made.writeKey,
    )
    const signed = made.signingSecret === undefined ? '' : '\nIts signing secret: write-key show, with --json.'
    return { status: 0, stdout: '', stderr: `${next(name, stack.typed)}${signed}` }
  })
}

async function runFinish(name: string, options: Options & { yes?: true }, surroundings: Surroundings): Promise<Result> {
  const { terminal } = surroundings
  return withKeys(name, options, surroundings, async (secret, _, stack) => {
    const before = keysIn(await secret.read(), name)
    const old = (before?.writeKeys.length ?? 0) - 1
    const documentOf = (removed: number) => JSON.stringify({ stack: stack.title, source: name, removed }, null, 2)
    if (old < 1) return { status: 0, stdout: options.json ? documentOf(0) : '', stderr: `${name} has no old key.` }
    const question = `Take ${counted(old, 'old key')} of ${name} out? Who still sends with ${old === 1 ? 'it' : 'one'} is refused.`
    if (!options.yes && !(await askYes(question, 'add --yes to do it without asking', terminal)))
      return { status: 130, stdout: '', stderr: 'Nothing was changed.' }
    const [kept] = before?.writeKeys ?? []
    await secret.change((text) => {
      if (keysIn(text, name)?.writeKeys[0] !== kept)
        throw new UnchangeableKeys(
          `Somebody else has changed the keys of ${name} meanwhile. See them: write-key show ${name}`,
        )
      return withFirstKey(text, name)
    })
    terminal.answer(options.json ? documentOf(old) : `Took out ${counted(old, 'old key')} of ${name}.`)
    const minutes = SECRET_LIFETIME_SECONDS / 60
    return {
      status: 0,
      stdout: '',
      stderr: `Functions refuse ${old === 1 ? 'it' : 'them'} within ${minutes} minutes.`,
    }
  })
}

const KEY_BYTES = 20

/** A random key of forty letters and digits. */
function newKey(): string {
  return randomBytes(KEY_BYTES).toString('hex')
}
