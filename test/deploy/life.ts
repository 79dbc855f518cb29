import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createHeadTable } from '../../lib/aws/register-table.ts'
import { SEED_EXAMPLE } from '../support/seed-example.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../support/settings.ts'
import { isAsDescribed } from './as-built.ts'
import {
  audiencesAreListed,
  deadLettersAreRepaired,
  deadLettersOf,
  keyIsRotated,
  personIsFollowed,
  tokenIsStored,
  waitingIsShown,
} from './command-line.ts'
import type { Environment } from './command.ts'
import { openGuide } from './operators-guide.ts'
import type { Guide } from './operators-guide.ts'
import { ACCESS_TOKEN, WRITE_KEY, add, hasMembers, track, until } from './people.ts'
import { aws, cdk, deploy, synthesise } from './stack.ts'
import type { Settings } from './stack.ts'
import { KEPT, leaves } from './left-over.ts'

export type Account = { directory: string; env: Environment; graphUrl: string; say: (step: string) => void }

const THIRD_AUDIENCE = '23850000000000003'
const SOURCES = [{ name: 'server', mayErase: true }, { name: 'shop' }]

/** What is deployed first: the seed's event, and one that fills another audience. */
export const FIRST: Settings = {
  destinations: {
    sources: SOURCES,
    destinations: [aDestination({ adAccountId: 'act_1', events: { USER_ADD: AUDIENCE, NEWS: OTHER_AUDIENCE } })],
  },
}

/** Then `NEWS` and its audience are taken away, another destination is added, and the key is no longer the account's own. */
const second = (formerKeyArn: string): Settings => ({
  destinations: {
    sources: SOURCES,
    destinations: [
      aDestination({ adAccountId: 'act_1' }),
      aDestination({ name: 'other', userSchema: ['EMAIL'], events: { OTHER_ADD: THIRD_AUDIENCE } }),
    ],
  },
  context: { encryption: 'aws-owned', formerKeyArn },
})

/** Every audience that Meta is to know. */
export const AUDIENCES = [AUDIENCE, OTHER_AUDIENCE, THIRD_AUDIENCE]

/** Commands of the guide that only look, or ask for something that can be done at any time. */
const OTHERS = [
  'Security',
  'function-errors',
  'throttles',
  'endpoint-errors',
  'register-failures',
  'who-is-missing',
  'token-ends',
]

/**
 * The whole life of a stack, in an account that nobody has used before, with the commands that the operator's guide
 * gives. Rejects at the first thing that is not as it should be.
 */
export async function live(account: Account, assembly: string): Promise<void> {
  const { directory, env, graphUrl, say } = account
  const guide = openGuide()

  say('bootstrap')
  await guide.paste('Deploy from zero', env)
  await cdk(assembly, env, 'bootstrap', 'aws://000000000000/us-east-1')

  say('deploy')
  const first = await deploy(assembly, env, guide)
  await isAsDescribed(first)

  say('the command line finds what is missing, and stores a token and a key')
  await tokenIsStored(first)
  await audiencesAreListed(account, first)
  await setToken(account, first, guide)
  await setWriteKey(account, first, guide)

  say('events through API Gateway, plain and gzip, become members')
  await track(first, add('USER_ADD', 'name3@abc.com', 'name4@abc.com'))
  await hasMembers(graphUrl, AUDIENCE, ['name3@abc.com', 'name4@abc.com'])
  await track(first, SEED_EXAMPLE)
  await hasMembers(graphUrl, AUDIENCE, ['name1@abc.com', 'name2@abc.com'])
  await track(first, add('USER_ADD', 'zipped@abc.com'), 'gzip')
  await guide.paste('Deploy from zero 6', first, { '<write key>': WRITE_KEY })
  const members = ['name1@abc.com', 'name2@abc.com', 'zipped@abc.com']
  await hasMembers(graphUrl, AUDIENCE, [...members, 'you@example.com'])
  await guide.paste('Deploy from zero 7', first, { '<write key>': WRITE_KEY })
  await hasMembers(graphUrl, AUDIENCE, members)

  say('the command line sends a file, follows a person, and erases her')
  await personIsFollowed(account, first, members)

  say('what is no message of this product is a dead letter')
  for (const queue of [first.TrackQueueUrl, first.RemovalQueueUrl, first.RetryQueueUrl])
    await aws(first, `sqs send-message --queue-url ${queue ?? ''} --message-body nonsense`)
  await until('three dead letters are undecodable', async () => {
    return (await deadLettersOf(first)).filter(({ reason }) => reason === 'undecodable').length === 3
  })

  say('users wait in each of the queues')
  await waitBehindAnother(first, guide)
  await guide.paste('Runbook 2', first)
  await track(first, add('USER_ADD', 'waits@abc.com'))
  await track(first, add('NEWS', 'unmapped@abc.com'))
  await waitingIsShown(first)

  say('deploy with a destination added, an audience taken away, and encryption switched')
  const settings = second(first.KeyArn ?? '')
  const changed = await synthesise(join(directory, 'second'), first, settings)
  const later = await deploy(changed, first, guide)
  await Promise.all([
    setToken(account, later, guide, { '}main': '}other' }),
    cdk(changed, later, 'diff', '--fail'),
    setMappings(later, '--enabled'),
  ])

  say('what waited arrives, or is a dead letter with its reason')
  await hasMembers(graphUrl, AUDIENCE, [...members, 'waits@abc.com'])
  await until('unmapped users are dead letters', async () =>
    (await deadLettersOf(later)).some(({ reason }) => reason === 'event_unmapped'),
  )
  await track(later, { ...add('OTHER_ADD', 'other@abc.com') })
  await hasMembers(graphUrl, THIRD_AUDIENCE, ['other@abc.com'])
  await hasMembers(graphUrl, OTHER_AUDIENCE, ['late@abc.com'])

  say('the command line repairs dead letters, and replaces a key')
  await deadLettersAreRepaired(later)
  await keyIsRotated(later)

  say('the other commands of the guide')
  await Promise.all(OTHERS.map((name) => guide.paste(name, later)))
  await until('the health function has asked Meta', async () =>
    (await eventsOf(later, later.HealthLogs)).includes('token_checked'),
  )

  say('destroy')
  await cdk(changed, later, 'destroy', '--force')
  await leaves(later, KEPT)
  await guide.paste('Upgrades', later, { '}main': '}other' })
  await guide.paste('Teardown', later)
  await guide.paste('Teardown 2', later)
  await leaves(later, { ...KEPT, queues: 0, tables: 0, secrets: 0, enabledKeys: 0 })
  if (guide.left().length > 0) throw new Error(`Commands that were never run: ${guide.left().join(', ')}`)
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

async function setToken({ directory }: Account, env: Environment, guide: Guide, given = {}): Promise<void> {
  const path = join(directory, 'token.txt')
  await writeFile(path, `${ACCESS_TOKEN}\n`)
  await guide.paste('Deploy from zero 3', env, { ...given, 'token.txt': path })
}

// The emulator ignores ExcludePunctuation, and a colon in a key ends the user name of Basic authentication.
async function setWriteKey({ directory }: Account, env: Environment, guide: Guide): Promise<void> {
  const path = join(directory, 'keys.json')
  const made = JSON.parse(await guide.paste('Deploy from zero 4', env, { 'keys.json': path })) as Record<string, string>
  if (!made.server) throw new Error('No write key was made for the source "server"')
  await writeFile(path, JSON.stringify({ ...made, server: WRITE_KEY }))
  await guide.paste('Deploy from zero 5', env, { 'keys.json': path })
}

/** Another consumer serves the audience of NEWS until its users wait in the retry queue. */
async function waitBehindAnother(env: Environment, guide: Guide): Promise<void> {
  const dynamodb = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: env.AWS_ENDPOINT_URL ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const heads = createHeadTable(dynamodb, env.RegisterTable ?? '')
  const now = Date.now()
  const head = { audienceId: OTHER_AUDIENCE, holder: 'another consumer' }
  await heads.take({ ...head, now, heldUntil: now + 600_000, bringsRemovals: false })
  await track(env, add('NEWS', 'late@abc.com'))
  await until('users wait in the retry queue', async () =>
    (await guide.paste('Runbook', env)).includes('users_waiting'),
  )
  await heads.giveBack(head.audienceId, head.holder, { restUntil: 0, newestAdd: -1, newestRemove: -1, lastKey: 0 })
}
