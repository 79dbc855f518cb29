import { createHash } from 'node:crypto'
import { styleText } from 'node:util'
import type { AwsCall } from '../emulator/aws/call.ts'
import type { LocalStack } from './stack.ts'

const AUDIENCE = '23846440602800582'
const WRITE_KEY = 'local-write-key'
const PATIENCE_MS = 20_000

// RudderStack's own example, whose userListDelete writes `Email`, not `EMAIL`. Only its batchSequence of 10 is changed,
// because a session begins with 1.
const EXAMPLE = {
  sessionIdAdd: 123,
  sessionIdDelete: 456,
  batchSequence: 1,
  lastBatchFlag: true,
  userListAdd: [
    { EMAIL: 'name1@abc.com', FN: 'name1' },
    { EMAIL: 'name2@abc.com', FN: 'name2' },
  ],
  userListDelete: [
    { Email: 'name3@abc.com', FN: 'name3' },
    { Email: 'name4@abc.com', FN: 'name4' },
  ],
}
const BEFORE = {
  userListAdd: [
    { EMAIL: 'name3@abc.com', FN: 'name3' },
    { EMAIL: 'name4@abc.com', FN: 'name4' },
  ],
}

type Payload = { schema: readonly string[]; data: readonly (readonly unknown[])[] }
type GraphCall = {
  method: string
  url: string
  status: number
  body: { payload: Payload; session?: Record<string, unknown> }
}
type Member = Readonly<Record<string, string>>

// Comes before anything slow, so that Ctrl-C and the loss of the parent end the demo from the first moment.
const parent = process.ppid
setInterval(() => process.ppid === parent || process.exit(1), 500).unref()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

title('Starting what `cdk deploy` would deploy, on this machine')
const startedAt = Date.now()
const awsCalls: AwsCall[] = []
const { startLocalStack } = await import('./stack.ts')
const stack = await startLocalStack({
  port: 0,
  graphPort: 0,
  graphApiUrl: undefined,
  destinationsPath: 'cdk/destinations.json',
  writeKey: WRITE_KEY,
  accessToken: 'local-access-token',
  batchWindow: 1,
  timeScale: 1,
  log: () => undefined,
  onAwsCall: (call) => awsCalls.push(call),
})
const right = await show(stack).finally(() => stack.close())
title(right ? `The audience is right (${seconds(Date.now() - startedAt)})` : 'The audience is NOT what it should be')
process.exit(right ? 0 : 1)

async function show({ url, graphUrl }: LocalStack): Promise<boolean> {
  line(`ingest endpoint   ${url}`)
  line(`Graph API emulator ${graphUrl}`)

  title('Before: two people are in the audience already')
  await track(url, BEFORE)
  await until(async () => (await members(graphUrl)).length === 2)
  await showMembers(graphUrl)
  const callsBefore = (await graphCalls(graphUrl)).length
  awsCalls.length = 0

  title('1. @rudderstack/rudder-sdk-node sends track("USER_ADD", …): two to add, two to remove, a session for each')
  line('batchSequence is 1: a session begins with it, and users of one that has not begun are sent without it')
  await track(url, EXAMPLE)
  line(`accepted: ${url}/v1/batch answered 200 to the SDK`)

  title('2. Ingest has put it on the session queue: one message for each direction, in one call')
  const sent = awsCalls.filter(({ action }) => action.startsWith('sqs:SendMessage'))
  for (const { action, resource } of sent) line(`queued: ${action} to ${resource}`)

  title('3. The consumer has called the Graph API')
  await until(async () => (await graphCalls(graphUrl)).length >= callsBefore + 2)
  const calls = (await graphCalls(graphUrl)).slice(callsBefore)
  for (const { method, url: path, status, body } of calls) {
    const { payload, session } = body
    line(`${method} ${path} → ${status}`)
    line(`  schema  ${payload.schema.join(', ')}`)
    for (const row of payload.data) line(`  user    ${row.map((cell) => short(String(cell))).join('  ')}`)
    line(`  session ${session ? JSON.stringify(session) : 'none'}`)
  }

  title('4. The audience now')
  await showMembers(graphUrl)
  const expected = EXAMPLE.userListAdd.map(({ EMAIL }) => sha256(EMAIL)).sort()
  const actual = (await members(graphUrl)).map(({ EMAIL = '' }) => EMAIL).sort()
  const sessions = new Set(calls.map(({ body }) => body.session?.session_id))
  const { sessionIdAdd, sessionIdDelete } = EXAMPLE
  if (!calls.every(({ body }) => body.session) || !sessions.has(sessionIdAdd) || !sessions.has(sessionIdDelete)) {
    line('Wrong: a request lacks its session.')
    return false
  }
  return JSON.stringify(actual) === JSON.stringify(expected)
}

async function track(url: string, properties: object): Promise<void> {
  const { default: RudderAnalytics } = await import('@rudderstack/rudder-sdk-node')
  const client = new RudderAnalytics(WRITE_KEY, { dataPlaneUrl: url, flushAt: 1, logLevel: 'silly' })
  await new Promise<void>((resolve, reject) => {
    client.track({ userId: 'demo', event: 'USER_ADD', properties: { ...properties } }, (error?: unknown) =>
      error instanceof Error ? reject(error) : resolve(),
    )
  })
}

async function graphCalls(graphUrl: string): Promise<GraphCall[]> {
  const response = await fetch(`${graphUrl}/_emulator/requests`)
  return ((await response.json()) as { requests: GraphCall[] }).requests
}

async function members(graphUrl: string): Promise<Member[]> {
  const response = await fetch(`${graphUrl}/_emulator/audiences/${AUDIENCE}/members`)
  return ((await response.json()) as { members: Member[] }).members
}

async function showMembers(graphUrl: string): Promise<void> {
  const names = new Map([1, 2, 3, 4].map((n) => [sha256(`name${n}@abc.com`), `name${n}@abc.com`]))
  for (const { EMAIL = '', FN = '' } of await members(graphUrl))
    line(`member  EMAIL ${short(EMAIL)}  FN ${short(FN)}  (${names.get(EMAIL) ?? 'somebody else'})`)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await condition())) {
    if (Date.now() > end) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function short(hash: string): string {
  return hash.length > 20 ? `${hash.slice(0, 12)}…` : hash
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function title(text: string): void {
  console.log(`\n${styleText('bold', text)}`)
}

function line(text: string): void {
  console.log(`   ${text}`)
}
