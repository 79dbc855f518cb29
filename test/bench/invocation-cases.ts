import type { SQSEvent, SQSRecord } from 'aws-lambda'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { MAX_REQUEST_BYTES } from '../../lib/emulator/lambda/invocation-result.ts'
import { emptyBatch, fillBatch } from '../../lib/emulator/lambda/message-batch.ts'
import { packMessages } from '../../lib/track/message.ts'
import type { QueuedUser, UserList } from '../../lib/track/message.ts'
import { makePeople } from './people.ts'
import { ALL_FIELDS, SIX_FIELDS } from './rows-settings.ts'

export type InvocationCase = {
  name: string
  destinations: readonly Destination[]
  hasToken: boolean
  /** How many identifiers are on the list of erased people, none of them of these users. */
  erased?: number
  /** Invocations of one process, one after the other; the last one is measured. */
  events: () => SQSEvent[]
}

/** Cases that need more and more, from the first to the last. */
export type Series = readonly InvocationCase[]

type Destination = { name: string; userSchema: readonly SchemaField[]; events: Record<string, string[]> }

const EVENT = 'USER_ADD'
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:track'

/** As long as those of SQS. */
const RECEIPT_HANDLE = 'AQEB'.padEnd(360, 'x')

type Direction = UserList['direction']

type Load = { fields: readonly SchemaField[]; usersPerMessage: number; users: () => (index: number) => QueuedUser }

/** So many people with these fields, made when an event needs them: a test that only names the cases needs none. */
const peopleWith = (fields: readonly SchemaField[], count: number) => () => {
  const people = makePeople(count, 1)
  return (index: number) => Object.fromEntries(fields.map((field) => [field, people[index % count]?.[field]]))
}
const EMAIL_AND_NAME = ['EMAIL', 'FN'] as const satisfies SchemaField[]

/** What 6 MB of messages can be full of: each has at least as many people as they hold. */
const LOADS = {
  'short e-mails': { fields: ['EMAIL'], usersPerMessage: 5_000, users: () => (index) => ({ EMAIL: `a${index}@b.co` }) },
  'e-mails and names': { fields: EMAIL_AND_NAME, usersPerMessage: 2_000, users: peopleWith(EMAIL_AND_NAME, 130_000) },
  '15 fields': { fields: ALL_FIELDS, usersPerMessage: 500, users: peopleWith(ALL_FIELDS, 20_000) },
  'messages of one user': { fields: EMAIL_AND_NAME, usersPerMessage: 1, users: peopleWith(EMAIL_AND_NAME, 20_000) },
} as const satisfies Record<string, Load>

const oneDestination = (userSchema: readonly SchemaField[], audiences: number): Destination[] => [
  { name: 'main', userSchema, events: { [EVENT]: audienceIds(audiences, 70_001) } },
]

/** Five customers of one agency: four audiences each, and another schema each. */
const FIVE_DESTINATIONS = [['EMAIL'], EMAIL_AND_NAME, ['EMAIL', 'PHONE'], SIX_FIELDS, ALL_FIELDS].map(
  (userSchema, index) => ({
    name: `customer${index}`,
    userSchema: userSchema as SchemaField[],
    events: { [EVENT]: audienceIds(4, 70_001 + 100 * index) },
  }),
)

function audienceIds(count: number, first: number): string[] {
  return Array.from({ length: count }, (_, index) => String(first + index))
}

/** A full invocation for some audiences of one destination. */
function full(load: keyof typeof LOADS, audiences: number, ...directions: Direction[]): InvocationCase {
  return {
    name: [load, `${audiences} ${audiences === 1 ? 'audience' : 'audiences'}`, ...directions].join(', '),
    destinations: oneDestination(LOADS[load].fields, audiences),
    hasToken: true,
    events: () => [fullEvent(LOADS[load], directions)],
  }
}

/** Two full invocations of one process, in which the second finds what the first has left in memory. */
function twice(each: InvocationCase, load: keyof typeof LOADS): InvocationCase {
  const events = () => [fullEvent(LOADS[load], []), fullEvent(LOADS[load], [], 1_000)]
  return { ...each, name: `${each.name}, twice in one process`, events }
}

/** A full invocation for five destinations. */
function fullForFive(load: keyof typeof LOADS): InvocationCase {
  return { ...full(load, 20), name: `${load}, 5 destinations of 4 audiences`, destinations: FIVE_DESTINATIONS }
}

/** The same while a million people are on the list of the erased, with two identifiers each. */
const withErased = (each: InvocationCase): InvocationCase => ({
  ...each,
  name: `${each.name}, a million people erased`,
  erased: 2_000_000,
})

/** The same while nobody has stored a token: all of it is held. */
const held = (each: InvocationCase): InvocationCase => ({ ...each, name: `${each.name}, no token`, hasToken: false })

/** People who share a phone were added, and removals of them from an hour before come late. */
function sharedPhone(count: number): InvocationCase {
  return {
    name: `${count.toLocaleString('en')} adds that share a phone, then older removals of them`,
    destinations: oneDestination(['EMAIL', 'PHONE'], 1),
    hasToken: true,
    events: () => {
      const users = Array.from({ length: count }, (_, index) => ({ EMAIL: `a${index}@b.co`, PHONE: '+1 202 555 0123' }))
      const now = Date.now()
      return [{ Records: recordsOf(users, 'add', now, 0) }, { Records: recordsOf(users, 'remove', now - 3_600_000, 1) }]
    },
  }
}

/** What is measured. Rows, and with them time, grow with the audiences, so that the ends of a row of sizes say most. */
export const ALL_SERIES: readonly Series[] = [
  [1, 2, 4, 6, 10, 20].map((audiences) => full('short e-mails', audiences)),
  [1, 4, 20].map((audiences) => full('e-mails and names', audiences)),
  [1, 20].map((audiences) => full('15 fields', audiences)),
  [1, 20].map((audiences) => full('messages of one user', audiences)),
  [fullForFive('messages of one user'), fullForFive('15 fields'), fullForFive('short e-mails')],
  [held(fullForFive('15 fields')), held(full('short e-mails', 10))],
  [full('short e-mails', 4, 'remove'), full('e-mails and names', 4, 'add', 'remove')],
  [twice(full('e-mails and names', 2), 'e-mails and names')],
  [1_000, 10_000, 30_000].map(sharedPhone),
  [withErased(full('short e-mails', 4))],
]

/** Those that take most memory. */
export const QUICK_SERIES: readonly Series[] = [
  [full('short e-mails', 4)],
  [fullForFive('15 fields')],
  [held(fullForFive('15 fields'))],
]

/** One invocation, as full as Lambda makes it. Directions take turns from message to message; adds when none is given. */
function fullEvent({ usersPerMessage, users: load }: Load, directions: readonly Direction[], first = 0): SQSEvent {
  const userAt = load()
  const batch = emptyBatch()
  const limits = { batchSize: 10_000, windowSeconds: 60 }
  for (let message = first; ; message += 1) {
    const users = Array.from({ length: usersPerMessage }, (_, index) => userAt(message * usersPerMessage + index))
    const direction = directions[message % directions.length] ?? 'add'
    if (fillBatch(batch, recordsOf(users, direction, Date.now(), message), limits, 0)) break
  }
  if (batch.bytes < 0.97 * MAX_REQUEST_BYTES) throw new Error(`an invocation of ${batch.bytes} bytes is not full`)
  return { Records: batch.records }
}

function recordsOf(users: QueuedUser[], direction: Direction, at: number, id: number): SQSRecord[] {
  const list = { messageId: `message-${id}`, name: EVENT, at, direction, users }
  return Object.values(packMessages('server', Date.now(), [list]))
    .flat()
    .map(({ body }, part) => ({
      messageId: `00000000-0000-4000-8000-${String(id).padStart(8, '0')}${String(part).padStart(4, '0')}`,
      receiptHandle: RECEIPT_HANDLE,
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(Date.now()),
        SenderId: 'AROAEXAMPLEEXAMPLEEX:ingest',
        ApproximateFirstReceiveTimestamp: String(Date.now()),
      },
      messageAttributes: {},
      md5OfBody: 'd41d8cd98f00b204e9800998ecf8427e',
      eventSource: 'aws:sqs',
      eventSourceARN: QUEUE_ARN,
      awsRegion: 'us-east-1',
    }))
}
