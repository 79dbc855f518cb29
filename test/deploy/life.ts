import { SEED_EXAMPLE } from '../support/seed-example.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../support/settings.ts'
import type { Environment } from './command.ts'
import { run } from './command.ts'
import { ACCESS_TOKEN } from './emulators.ts'
import type { Emulators } from './emulators.ts'
import { openGuide } from './operators-guide.ts'
import type { Guide } from './operators-guide.ts'
import { WRITE_KEY, hasMembers, track, until } from './people.ts'
import { aws, cdk, deploy } from './stack.ts'
import type { Settings } from './stack.ts'

const THIRD_AUDIENCE = '23850000000000003'
const SOURCES = [{ name: 'server' }]

/** What is deployed first: the seed's event, and one that fills another audience. */
const FIRST: Settings = {
  destinations: {
    sources: SOURCES,
    destinations: [aDestination({ events: { USER_ADD: AUDIENCE, NEWS: OTHER_AUDIENCE } })],
  },
}

/** Then `NEWS` and its audience are taken away, another destination is added, and the key is no longer the account's own. */
const second = (formerKeyArn: string): Settings => ({
  destinations: {
    sources: SOURCES,
    destinations: [
      aDestination(),
      aDestination({ name: 'other', userSchema: ['EMAIL'], events: { OTHER_ADD: THIRD_AUDIENCE } }),
    ],
  },
  context: { encryption: 'aws-owned', formerKeyArn },
})

/** A settings file with every audience that Meta is to know. */
export const ALL_AUDIENCES = {
  destinations: [{ events: { A: AUDIENCE, B: OTHER_AUDIENCE, C: THIRD_AUDIENCE } }],
}

const add = (event: string, ...emails: string[]) => ({
  event,
  messageId: `${event} ${emails.join()}`,
  properties: { userListAdd: emails.map((EMAIL) => ({ EMAIL, FN: 'Ann' })) },
})

/**
 * The whole life of a stack, in an account that nobody has used before, with the commands that the operator's guide
 * gives. Rejects at the first thing that is not as it should be.
 */
export async function live(directory: string, emulators: Emulators, say: (step: string) => void): Promise<void> {
  const { graphUrl } = emulators
  const guide = openGuide()

  say('bootstrap')
  await run('cdk', ['bootstrap', '--no-notices', 'aws://000000000000/us-east-1'], emulators.env)

  say('deploy')
  const first = await deploy(directory, emulators.env, guide, FIRST)
  await guide.paste('Deploy from zero', first, { '<token>': ACCESS_TOKEN })
  await setWriteKey(first, guide)

  say('events through API Gateway, plain and gzip, become members')
  await track(first, add('USER_ADD', 'name3@abc.com', 'name4@abc.com'))
  await hasMembers(graphUrl, AUDIENCE, ['name3@abc.com', 'name4@abc.com'])
  await track(first, SEED_EXAMPLE)
  await hasMembers(graphUrl, AUDIENCE, ['name1@abc.com', 'name2@abc.com'])
  await track(first, add('USER_ADD', 'zipped@abc.com'), 'gzip')
  await guide.paste('Deploy from zero 3', first, { '<write key>': WRITE_KEY })
  const members = ['name1@abc.com', 'name2@abc.com', 'zipped@abc.com', 'you@example.com']
  await hasMembers(graphUrl, AUDIENCE, members)

  say('users wait in each of the queues')
  await waitForMeta(first, graphUrl, guide)
  await guide.paste('Runbook 2', first)
  await track(first, add('USER_ADD', 'waits@abc.com'))
  await track(first, add('NEWS', 'unmapped@abc.com'))

  say('deploy with a destination added, an audience taken away, and encryption switched')
  const settings = second(first.KeyArn ?? '')
  const later = await deploy(directory, first, guide, settings)
  await guide.paste('Deploy from zero', later, { '}main': '}other', '<token>': ACCESS_TOKEN })
  await cdk(directory, later, 'diff', '--fail')

  say('what waited arrives, or is a dead letter with its reason')
  await setMappings(later, '--enabled')
  await hasMembers(graphUrl, AUDIENCE, [...members, 'waits@abc.com'])
  await until('unmapped users are dead letters', async () =>
    (await guide.paste('dead-letters', later)).includes('event_unmapped'),
  )
  await track(later, { ...add('OTHER_ADD', 'other@abc.com') })
  await hasMembers(graphUrl, THIRD_AUDIENCE, ['other@abc.com'])
  await hasMembers(graphUrl, OTHER_AUDIENCE, ['late@abc.com'])

  say('the other commands of the guide')
  const others = [
    'Security',
    'old-messages',
    'function-errors',
    'throttles',
    'endpoint-errors',
    'register-failures',
    'who-is-missing',
    'token-ends',
  ]
  for (const name of others) await guide.paste(name, later)
  await until('the health function has asked Meta', async () =>
    (await eventsOf(later, later.HealthLogs)).includes('token_checked'),
  )
  // MiniStack has no move tasks.
  await guide.check('dead-letters 2', later)

  say('destroy')
  await cdk(directory, later, 'destroy', '--force')
  await leaves(later, KEPT)
  await guide.paste('Upgrades', later, { '}main': '}other' })
  await guide.paste('Teardown', later)
  await leaves(later, { ...KEPT, queues: 0, tables: 0, secrets: 0, enabledKeys: 0 })
  if (guide.left().length > 0) throw new Error(`Commands that were never run: ${guide.left().join(', ')}`)
}

/** What `destroy` keeps, as cdk/README.md says: dead letters, register, secrets, key, and the role for logs. */
const KEPT = { functions: 0, apis: 0, logGroups: 0, queues: 2, tables: 1, secrets: 3, enabledKeys: 1, roles: 1 }

/** Rejects when there is more or less of something in the account than this. */
async function leaves(env: Environment, expected: typeof KEPT): Promise<void> {
  const count = async (command: string, query: string) => await aws<number>(env, `${command} --query length(${query})`)
  const there: typeof KEPT = {
    functions: await count('lambda list-functions', 'Functions'),
    apis: await count('apigateway get-rest-apis', 'items'),
    logGroups: await count('logs describe-log-groups', 'logGroups'),
    queues: await count('sqs list-queues', 'QueueUrls||`[]`'),
    tables: await count('dynamodb list-tables', 'TableNames'),
    secrets: await count('secretsmanager list-secrets', 'SecretList'),
    enabledKeys: await aws<string>(
      env,
      `kms describe-key --key-id ${env.KeyArn ?? ''} --query KeyMetadata.KeyState`,
    ).then((state) => Number(state === 'Enabled')),
    roles: await count('iam list-roles', "Roles[?starts_with(RoleName,'FacebookAudienceSync')]"),
  }
  if (JSON.stringify(there) !== JSON.stringify(expected))
    throw new Error(`There should be ${JSON.stringify(expected)}, and there is ${JSON.stringify(there)}`)
}

async function eventsOf(env: Environment, logGroup = ''): Promise<string> {
  return JSON.stringify(await aws(env, `logs filter-log-events --log-group-name ${logGroup}`))
}

/** Lets the consumer's mappings go on, or stops them, as the guide does it. */
async function setMappings(env: Environment, state: '--enabled' | '--no-enabled'): Promise<void> {
  const list = `lambda list-event-source-mappings --function-name ${env.ConsumerFunction ?? ''}`
  const { EventSourceMappings } = await aws<{ EventSourceMappings: { UUID: string }[] }>(env, list)
  for (const { UUID } of EventSourceMappings)
    await aws(env, `lambda update-event-source-mapping --uuid ${UUID} ${state}`)
}

// The emulator ignores ExcludePunctuation, and a colon in a key ends the user name of Basic authentication.
async function setWriteKey(env: Environment, guide: Guide): Promise<void> {
  const made = JSON.parse(await guide.paste('Deploy from zero 2', env)) as Record<string, string>
  if (!made.server) throw new Error('No write key was made for the source "server"')
  const value = JSON.stringify({ server: WRITE_KEY })
  await aws(env, `secretsmanager put-secret-value --secret-id ${env.WriteKeysSecret ?? ''} --secret-string ${value}`)
}

/** Has Meta fail until users of NEWS wait in the retry queue. */
async function waitForMeta(env: Environment, graphUrl: string, guide: Guide): Promise<void> {
  const faults = `${graphUrl}/_emulator/faults`
  await fetch(faults, {
    method: 'POST',
    body: JSON.stringify({ fault: 'unknown-error', audience: OTHER_AUDIENCE, times: 1000 }),
  })
  await track(env, add('NEWS', 'late@abc.com'))
  await until('users wait in the retry queue', async () =>
    (await guide.paste('Runbook', env)).includes('users_waiting'),
  )
  await fetch(faults, { method: 'DELETE' })
}
