import { Command, Option } from '@commander-js/extra-typings'
import { accessTokenSecretId, createTokenSource } from '../../aws/token-source.ts'
import { SECRET_LIFETIME_SECONDS } from '../../aws/secret.ts'
import type { AccessToken } from '../../graph-api/access-token.ts'
import { MANAGING, NEVER_ENDS_DAYS, createTokenCheck } from '../../graph-api/debug-token.ts'
import { examples } from '../help.ts'
import { readText } from '../input-file.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import { openStack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askText } from '../terminal/ask.ts'
import { counted } from '../terminal/counted.ts'
import { OutOfReach, UsageError } from '../wrong-use.ts'
import { named } from './known-name.ts'
import { withSecret } from './secret.ts'

type Options = StackOptions & { appSecret?: true; unchecked?: true; json?: true }

/** `token`: the access tokens of destinations. */
export function tokenCommand(surroundings: Surroundings, end: (result: Result) => void) {
  const set = new Command('set')
    .description('check an access token with Meta, and store it for a destination')
    .argument('<destination>', 'its name in destinations.json')
    .argument('[-]', 'read it from standard input: the token, or {"accessToken":"…","appSecret":"…"}; else it is asked')
    .addOption(new Option('--app-secret', 'ask for the app secret too: for an app that requires it'))
    .option('--unchecked', 'store it without asking Meta, for a machine that cannot reach Meta')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('token set main', 'token set main - --stack FacebookAudienceSync < token.txt'))
    .action(async (destination, from, options) => end(await runSet(destination, from, options, surroundings)))
  return new Command('token')
    .description('access tokens of Meta for destinations')
    .helpCommand(false)
    .addCommand(set)
    .addHelpText('after', examples('token set main'))
}

async function runSet(
  name: string,
  from: string | undefined,
  options: Options,
  surroundings: Surroundings,
): Promise<Result> {
  if (from !== undefined && from !== '-')
    throw new UsageError(
      'A token is no argument: it would stay in your shell’s history, and everybody on this machine could see it. Leave it out to be asked, or pipe it in and write -',
    )
  const { terminal } = surroundings
  const stack = await openStack(options, surroundings)
  const destination = named('destination', name, stack.settings.destinations)
  const { text, token } = await readToken(name, from, options, surroundings)
  const checked = options.unchecked
    ? undefined
    : await check(token, stack.graphApiUrl, destination.apiVersion, surroundings)
  const documentOf = (more: object) => JSON.stringify({ stack: stack.title, destination: name, ...more }, null, 2)
  if (checked && !checked.ok) {
    const { message } = checked
    const stdout = options.json ? documentOf({ stored: false, message }) : ''
    return { status: 1, stdout, stderr: `${message}\nNothing was stored.` }
  }
  await withSecret(stack, accessTokenSecretId(destination, stack.output('AccessTokenPrefix')), ({ put }) => put(text))
  const known = checked ? { daysLeft: checked.daysLeft, scopes: checked.scopes } : {}
  terminal.answer(
    options.json
      ? documentOf({ stored: true, ...known })
      : `Stored the token of ${name}${checked ? `: ${endOf(checked.daysLeft)}` : ', unchecked'}.`,
  )
  const minutes = SECRET_LIFETIME_SECONDS / 60
  const stderr = `Functions use it within ${minutes} minutes. Who waits goes with the next attempt. When that is: ${stack.typed('status')}`
  return { status: 0, stdout: '', stderr }
}

async function readToken(
  name: string,
  from: '-' | undefined,
  { appSecret: withAppSecret }: Options,
  surroundings: Surroundings,
): Promise<{ text: string; token: AccessToken }> {
  const { terminal, readStandardInput } = surroundings
  if (from === '-' && withAppSecret)
    throw new UsageError('--app-secret asks, and - reads: give {"accessToken":"…","appSecret":"…"} on standard input')
  const instead = 'pipe it in, and write - behind the destination'
  const asked = async (what: string) => (await askText(what, { instead, isSecret: true }, terminal)).trim()
  let text = from === '-' ? readText('-', readStandardInput).trim() : await asked(`Access token of ${name}`)
  if (withAppSecret) text = JSON.stringify({ accessToken: text, appSecret: await asked('App secret') })
  const read = () => Promise.resolve(text)
  const reading = await createTokenSource({ get: read, refresh: read }).get()
  if (reading.ok) return { text, token: reading.token }
  throw new UsageError(
    reading.reason === 'token_not_set'
      ? 'That is no token'
      : 'That is no token: a token has no blanks and only ASCII, and JSON is {"accessToken":"…","appSecret":"…"}',
  )
}

type Checked = { ok: true; daysLeft: number; scopes: readonly string[] | undefined } | { ok: false; message: string }

async function check(
  token: AccessToken,
  baseUrl: string,
  apiVersion: string,
  { fetch, clock }: Surroundings,
): Promise<Checked> {
  const answer = await createTokenCheck({ baseUrl, fetch, clock })(apiVersion, token)
  if (!answer.ok) {
    const { reason, advice } = answer
    if (advice !== undefined) return { ok: false, message: `Meta refuses this token (${reason}): ${advice}` }
    throw new OutOfReach(
      `Meta did not check the token (${reason}), so nothing was stored. Repeat the command, or store it unchecked: --unchecked`,
    )
  }
  const { isValid, daysLeft, scopes } = answer
  if (!isValid)
    return { ok: false, message: 'Meta says that this token is not valid: it is wrong, withdrawn, or has ended.' }
  if (scopes && !scopes.includes(MANAGING))
    return {
      ok: false,
      message: `This token may not change audiences: it lacks ${MANAGING}${scopes.length > 0 ? `, and has ${scopes.join(', ')}` : ''}. Generate one that has it.`,
    }
  return { ok: true, daysLeft, scopes }
}

function endOf(daysLeft: number): string {
  if (daysLeft >= NEVER_ENDS_DAYS) return 'it does not end'
  return daysLeft === 0 ? 'it ends within a day' : `it ends in ${counted(daysLeft, 'day')}`
}
