import type { SQSRecord } from 'aws-lambda'
import { onTestFinished } from 'vitest'
import { createConsumerHandler } from '../../functions/consumer/handler.ts'
import type { ConsumerDependencies } from '../../functions/consumer/dependencies.ts'
import type { Journal } from '../../functions/consumer/journal.ts'
import { createReport } from '../../functions/consumer/report.ts'
import { createRowBuilder } from '../../lib/audience/row.ts'
import { createTokenSource } from '../../lib/aws/token-source.ts'
import { createSecret } from '../../lib/aws/secret.ts'
import { modesOf, packMessages } from '../../lib/track/message.ts'
import type { OutgoingMessage, QueueEntry, UserList } from '../../lib/track/message.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import { createGraphClient } from '../../lib/graph-api/client.ts'
import type { SendRequest } from '../../lib/graph-api/client.ts'
import type { DeliveryDependencies } from '../../lib/graph-api/send-part.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import type { UploadSessionTable } from '../../lib/session/upload-session.ts'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import { startGraphApi } from '../../lib/emulator/meta/server.ts'
import { createLog } from '../../lib/log.ts'
import type { Log } from '../../lib/log.ts'
import { noJournal } from '../support/no-journal.ts'
import type { SessionFields } from '../../lib/session/session-fields.ts'
import { memoryErasures } from '../erasure/memory-erasures.ts'
import { memoryRegister } from '../register/memory-register.ts'
import { memorySessions } from './memory-sessions.ts'
import { AUDIENCE, NOON, OTHER_AUDIENCE, TOKEN, aClock, refused, settingsOf, sha256 } from '../graph-api/builders.ts'

/** A person known by an e-mail address, and its hash as an independent computation makes it. */
export const user = (name: string) => ({ EMAIL: `${name}@example.com` })
export const hashOf = (name: string) => sha256(`${name}@example.com`)

export type Time = ReturnType<typeof aClock>

type Kept = { id: string; entry: QueueEntry; visibleAt: number; receives: number }

/** A queue in memory, with the visibility, delays and receive counts of SQS, in virtual time. */
export function createQueue(time: Time, name: string, visibilitySeconds: number, maxReceives: number) {
  const queue = { name, messages: [] as Kept[], moved: [] as Kept[], isBroken: false }
  let sent = 0
  return Object.assign(queue, {
    send: (messages: Iterable<QueueEntry>) => {
      const entries = [...messages]
      if (queue.isBroken && entries.length > 0) return Promise.resolve({ ok: false as const, reason: 'Unreachable' })
      for (const entry of entries) {
        const visibleAt = time.now + (entry.delaySeconds ?? 0) * 1000
        queue.messages.push({ id: `${name}-${(sent += 1)}`, entry, visibleAt, receives: 0 })
      }
      return Promise.resolve({ ok: true as const })
    },
    receive: (most: number): SQSRecord[] => {
      const visible = queue.messages.filter(({ visibleAt }) => visibleAt <= time.now).slice(0, most)
      for (const message of visible) {
        message.receives += 1
        message.visibleAt = time.now + visibilitySeconds * 1000
      }
      return visible.map(({ id, entry, receives }) =>
        aRecord(name, { id, body: entry.body, receives, groupId: entry.groupId }),
      )
    },
    hide: (receiptHandle: string, seconds: number) => {
      for (const message of queue.messages)
        if (message.id === receiptHandle) message.visibleAt = time.now + seconds * 1000
      return Promise.resolve({ ok: true as const })
    },
    /** What Lambda does with the answer: what is not reported is deleted. */
    settle: (records: readonly SQSRecord[], failed: ReadonlySet<string>) => {
      const done = new Set(records.map(({ messageId }) => messageId).filter((id) => !failed.has(id)))
      queue.messages = queue.messages.filter(({ id }) => !done.has(id))
      queue.moved.push(...queue.messages.filter(({ receives }) => receives >= maxReceives))
      queue.messages = queue.messages.filter(({ receives }) => receives < maxReceives)
    },
    /** Deletes what was received. */
    acknowledge: (handles: readonly string[]) => {
      const done = new Set(handles)
      queue.messages = queue.messages.filter(({ id }) => !done.has(id))
      return Promise.resolve({ ok: true as const })
    },
    /** When the next message shows. */
    nextAt: () => Math.min(...queue.messages.map(({ visibleAt }) => visibleAt)),
  })
}

export function aRecord(
  queue: string,
  { id, body, receives = 1, groupId }: { id: string; body: string; receives?: number; groupId?: string | undefined },
): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      ApproximateFirstReceiveTimestamp: '0',
      SenderId: '1',
      SentTimestamp: '0',
      ...(groupId !== undefined && { MessageGroupId: groupId }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-central-1:1:${queue}`,
    awsRegion: 'eu-central-1',
  }
}

type Users = readonly Record<string, unknown>[]
type AnEvent = {
  add?: Users
  remove?: Users
  name?: string
  at?: number
  messageId?: string
  destinations?: string[]
  session?: SessionFields & { maxUsers: number }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is no such thing')
  return value
}

/** The messages that ingest with these settings would put on the queues for some events; without them, an older one. */
export function messagesOf(events: readonly AnEvent[], receivedAt = NOON, settings?: Destinations) {
  const lists = events.flatMap((event, index) =>
    (['add', 'remove'] as const).flatMap((direction): UserList[] => {
      const users = event[direction]
      if (!users) return []
      const { name = 'USER_ADD', at = receivedAt, messageId = `message-${index}`, destinations, session } = event
      return [
        { messageId, name, at, direction, users, ...(destinations && { destinations }), ...(session && { session }) },
      ]
    }),
  )
  const { track, removal, session } = packMessages(
    'server',
    receivedAt,
    lists,
    settings && modesOf(settings.destinations),
  )
  return { track: [...removal, ...track], session }
}

type Options = {
  settings?: Destinations
  emulator?: Partial<Parameters<typeof startGraphApi>[0]>
  dependencies?: Partial<ConsumerDependencies>
  delivery?: Partial<DeliveryDependencies>
  uploadSessions?: UploadSessionTable
  erasures?: ReturnType<typeof memoryErasures>
  journal?: (outside: { log: Log; clock: () => number }) => Journal
}

/** The consumer with its queues in memory and the Graph API emulator, which it talks to over HTTP, in virtual time. */
export async function aConsumer(options: Options = {}) {
  const { settings = settingsOf({ name: 'main', userSchema: ['EMAIL'] }) } = options
  const time = aClock()
  const { clock } = time
  const random = seededRandom(7)
  const graph = await startGraphApi({
    port: 0,
    audiences: [AUDIENCE, OTHER_AUDIENCE],
    accessTokens: [TOKEN],
    clock,
    ...options.emulator,
  })
  onTestFinished(() => graph.close())

  const track = createQueue(time, 'track', 1140, 7)
  const session = createQueue(time, 'session.fifo', 360, 200)
  const retry = createQueue(time, 'retry', 1080, 100)
  const deadLetters = createQueue(time, 'dead-letters', 30, Infinity)
  const register = memoryRegister()
  const uploadSessions = options.uploadSessions ?? memorySessions()
  const erasures = options.erasures ?? memoryErasures()

  const secrets = new Map(settings.destinations.map(({ name }) => [name, TOKEN]))
  const secretsManager = {
    send: ({ input }: { input: { SecretId: string } }) =>
      Promise.resolve({ SecretString: secrets.get(input.SecretId) }),
  }
  const lines: string[] = []
  const write = (...line: unknown[]) => void lines.push(JSON.stringify(line))
  const log = createLog({ info: write, warn: write, error: write })
  const report = createReport(
    log,
    (name, value, dimensions) => lines.push(JSON.stringify({ metric: name, value, ...dimensions })),
    options.journal?.({ log, clock }) ?? noJournal,
  )
  const rows = new Map(
    settings.destinations.map((destination) => [destination.name, createRowBuilder(destination, clock)]),
  )

  const client = createGraphClient({ baseUrl: graph.url, fetch, clock })
  let hanging = 0
  /** Some requests have no answer, with their effect or without, and their minute passes at once. */
  const send: SendRequest = async (request, token, timeoutMs) => {
    if (random() >= hanging) return client(request, token, timeoutMs)
    if (random() < 0.5) await client(request, token, timeoutMs)
    await time.sleep(timeoutMs)
    return refused({ kind: 'timeout' })
  }

  let turns = 0
  /** An execution environment: what it remembers is its own. */
  const environment = (delivery: Partial<DeliveryDependencies> = {}, more: Partial<ConsumerDependencies> = {}) => {
    const tokens = new Map(
      settings.destinations.map(({ name }) => [
        name,
        createTokenSource(
          createSecret({ client: secretsManager as never, secretId: name, lifetimeMs: 300_000, clock }),
        ),
      ]),
    )
    const dependencies: ConsumerDependencies = {
      settings,
      rowBuilderOf: (name) => known(rows.get(name)),
      delivery: {
        send,
        token: (name) => known(tokens.get(name)),
        pauses: createPauses(clock),
        pace: createPace(clock),
        clock,
        sleep: time.sleep,
        random,
        onCall: report.call,
        ...options.delivery,
        ...delivery,
      },
      register,
      erased: erasures.people().read,
      noteErasure: erasures.note,
      uploadSessions,
      sendToRetryQueue: retry.send,
      sendToDeadLetters: deadLetters.send,
      hideInSessionQueue: session.hide,
      hideInRetryQueue: retry.hide,
      deleteMessages: (name) => known([track, session, retry].find((queue) => queue.name === name)).acknowledge,
      report,
      log,
      giveUpAfterSeconds: 24 * 3600,
      clock,
      sleep: time.sleep,
      random,
      newId: () => `turn-${(turns += 1)}`,
      ...options.dependencies,
      ...more,
    }
    return createConsumerHandler(dependencies, 'https://sqs.eu-central-1.amazonaws.com/1/session.fifo')
  }
  const handler = environment()

  const invoke = async (records: SQSRecord[], seconds = 180, handle = handler) => {
    const endsAt = time.now + seconds * 1000
    const context = { getRemainingTimeInMillis: () => endsAt - time.now }
    const { batchItemFailures } = await handle({ Records: records }, context)
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
  }
  /** One invocation with what a queue shows now. */
  const consume = async (queue: ReturnType<typeof createQueue>, most = 10_000) => {
    const records = queue.receive(most)
    if (records.length === 0) return []
    const failed = await invoke(records)
    queue.settle(records, new Set(failed))
    return failed
  }
  /** Lets time pass, with an invocation whenever the retry queue shows something. */
  const retryFor = async (hours: number) => {
    const end = time.now + hours * 3_600_000
    while (retry.nextAt() <= end) {
      time.now = Math.max(time.now, retry.nextAt())
      await consume(retry, 100)
    }
    time.now = Math.max(time.now, end)
  }

  const emulator = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${graph.url}/_emulator/${path}`, { method, ...init })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as Record<string, unknown>
  }
  type Logged = { method: string; url: string; body: { payload: { schema: string[]; data: string[][] } } }
  return {
    time,
    graph,
    secrets,
    register,
    erasures,
    lines,
    track,
    session,
    retry,
    deadLetters,
    environment,
    recordOf: (id: string, body: string) => aRecord('track', { id, body }),
    invoke,
    consume,
    retryFor,
    /** One invocation with these messages of the track queue. */
    handle: (messages: readonly OutgoingMessage[]) =>
      invoke(messages.map(({ body }, index) => aRecord('track', { id: `track-${index}`, body }))),
    fault: (fault: Record<string, unknown>) => emulator('POST', 'faults', fault),
    /** So many of the requests have no answer from now on. */
    hang: (probability: number) => {
      hanging = probability
    },
    clearFaults: () => emulator('DELETE', 'faults'),
    requests: async () => (await emulator('GET', 'requests')).requests as Logged[],
    members: async (audience = AUDIENCE) => {
      const { members } = await emulator('GET', `audiences/${audience}/members`)
      return members as Record<string, string>[]
    },
  }
}
