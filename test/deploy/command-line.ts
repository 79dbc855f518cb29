import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AUDIENCE } from '../support/settings.ts'
import { run } from './command.ts'
import type { Environment } from './command.ts'
import { ACCESS_TOKEN, hasMembers, until } from './people.ts'

/** Commands of the command line, as an operator types them for the deployed stack. */
type Account = { directory: string; graphUrl: string }
type DeadLetter = { messageId: string; reason: string }

/** The dead letters of the stack. */
export async function deadLettersOf(env: Environment): Promise<DeadLetter[]> {
  const { messages } = await cli<{ messages: DeadLetter[] }>(env, 'dlq list', [0, 1])
  return messages
}

/** What a command prints about the stack, as JSON. Rejects when it ends with another status. */
async function cli<T>(
  env: Environment,
  command: string,
  statuses: number | readonly number[] = 0,
  input = '',
): Promise<T> {
  const args = ['lib/cli/main.ts', ...command.split(' '), '--stack', 'FacebookAudienceSync', '--json']
  return JSON.parse((await run(process.execPath, args, env, { input, statuses: [statuses].flat() })) || 'null') as T
}

/** `doctor`, `token set` and `write-key add`, in a stack that has neither a token nor a key for `shop`. */
export async function tokenIsStored(env: Environment): Promise<void> {
  await failsOnly(env, 'token', 'key of shop', 'alarms')
  await cli(env, 'token set main -', 1, 'unknown-to-meta')
  await cli(env, 'token set main -', 0, ACCESS_TOKEN)
  await cli(env, 'write-key add shop')
  // Alarms are left out of the emulated deployment.
  await failsOnly(env, 'alarms')
}

/** `audiences`: those that the token sees, with a new one. */
export async function audiencesAreListed({ graphUrl }: Account, env: Environment): Promise<void> {
  const { id } = await cli<{ id: string }>(env, 'audiences create Newsletter --destination main --yes')
  await hasMembers(graphUrl, id, [])
  const { accounts } = await cli<{ accounts: { audiences: { id: string }[] }[] }>(env, 'audiences list')
  const ids = accounts.flatMap(({ audiences }) => audiences.map((audience) => audience.id))
  expect(ids.includes(AUDIENCE) && ids.includes(id), 'audiences list shows the new one and the old', ids)
}

/** `send`, `why`, `erase`, `erasures` and `unerase`, for one person beside the members of the audience. */
export async function personIsFollowed(
  { directory, graphUrl }: Account,
  env: Environment,
  members: readonly string[],
): Promise<void> {
  const file = join(directory, 'customers.csv')
  await writeFile(file, 'email,first name\nsent@abc.com,Ann\n')
  await cli(env, `send ${file} --event USER_ADD --list add --as-of file --yes`)
  await hasMembers(graphUrl, AUDIENCE, [...members, 'sent@abc.com'])
  await verdictIs(env, 'in')
  await cli(env, 'erase --email sent@abc.com --yes')
  await hasMembers(graphUrl, AUDIENCE, members)
  await until('the erasure is done', async () => {
    const { erasures } = await cli<{ erasures: { state: string }[] }>(env, 'erasures')
    return erasures[0]?.state === 'done'
  })
  await verdictIs(env, 'erased')
  await cli(env, 'unerase --email sent@abc.com --yes')
  await verdictIs(env, 'out')
}

/** `status` and `retry`, while messages wait in the track queue and in the retry queue. */
export async function waitingIsShown(env: Environment): Promise<void> {
  const { queues } = await cli<{ queues: { queue: string; waiting: number; delayed: number }[] }>(env, 'status', 1)
  const waiting = new Map(queues.map(({ queue, ...counts }) => [queue, counts.waiting + counts.delayed]))
  expect(waiting.get('track') === 2 && waiting.get('retry') !== 0, 'status counts what waits', queues)
  const { note } = await cli<{ note: string }>(env, 'retry')
  expect(note.startsWith('Nothing was changed'), 'retry changes nothing in AWS', note)
}

/** `dlq`: what is no message is discarded, and what lacked its audience is redriven to where it lacks it still. */
export async function deadLettersAreRepaired(env: Environment): Promise<void> {
  const unmapped = (await deadLettersOf(env)).filter(({ reason }) => reason === 'event_unmapped')
  for (const { messageId } of unmapped) await cli(env, `dlq show ${messageId}`)
  // Nobody knows whether removals are among them, so it is said twice.
  const discard = 'dlq discard --reason undecodable --confirm FacebookAudienceSync'
  await cli(env, discard, 1)
  const discarded = await cli(env, `${discard} --with-removals`)
  const redriven = await cli<{ redriven: number }>(env, 'dlq redrive --reason event_unmapped --yes')
  expect(redriven.redriven === unmapped.length, 'dlq redrive takes each message once', { discarded, redriven })
  await until('only what was redriven is a dead letter again', async () => {
    const letters = await deadLettersOf(env)
    const isNew = ({ messageId, reason }: DeadLetter) =>
      reason === 'event_unmapped' && !unmapped.some((letter) => letter.messageId === messageId)
    return letters.length === unmapped.length && letters.every(isNew)
  })
}

/** `write-key`: a new key beside the old one, which is taken out at last. */
export async function keyIsRotated(env: Environment): Promise<void> {
  const { writeKey } = await cli<{ writeKey: string }>(env, 'write-key rotate server')
  const shown = async () => (await cli<{ writeKeys: string[] }>(env, 'write-key show server')).writeKeys
  expect((await shown()).length === 2, 'both keys are valid', writeKey)
  await cli(env, 'write-key rotate server --finish --yes')
  expect((await shown()).join() === writeKey, 'only the new key is left', writeKey)
}

async function failsOnly(env: Environment, ...names: string[]): Promise<void> {
  const { checks } = await cli<{ checks: { check: string; outcome: string }[] }>(env, 'doctor', 1)
  const failed = checks.filter(({ outcome }) => outcome === 'fail').map(({ check }) => check)
  expect(failed.join() === names.join(), `doctor finds only ${names.join(' and ')} at fault`, failed)
}

async function verdictIs(env: Environment, state: string): Promise<void> {
  const { audiences } = await cli<{ audiences: { audienceId: string; state: string }[] }>(env, 'why sent@abc.com')
  const found = audiences.find(({ audienceId }) => audienceId === AUDIENCE)
  expect(found?.state === state, `why says ${state}`, audiences)
}

function expect(isTrue: boolean, what: string, found: unknown): void {
  if (!isTrue) throw new Error(`Not so: ${what}. Found: ${JSON.stringify(found)}`)
}
