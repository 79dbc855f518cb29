import type { Context } from 'aws-lambda'
import { createIngestHandler } from '../../functions/ingest/handler.ts'
import { createSecret } from '../../lib/aws/secret.ts'
import type { Stored } from '../../lib/aws/queue.ts'
import { createErasure, mostErasedAtOnce } from '../../lib/erasure/erasure.ts'
import { listErasures } from '../../lib/erasure/list-erasures.ts'
import { createNamePeople } from '../../lib/erasure/named-people.ts'
import { decodeMessage } from '../../lib/track/message.ts'
import type { QueueEntry } from '../../lib/track/message.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import type { HttpEvent } from '../../lib/track/request.ts'
import { memoryErasures } from '../erasure/memory-erasures.ts'
import { restEvent } from './http-event.ts'
import type { HttpRequest } from './http-event.ts'
import { settingsOf } from './settings.ts'

export const NOON = Date.parse('2026-11-23T12:00:00Z')
export const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`

type Options = {
  settings?: Destinations
  /** The text of the write-keys secret; an Error while it cannot be read. */
  secret?: string | Error
  erasures?: ReturnType<typeof memoryErasures>
  log?: Log
  measure?: Measure
}

export type Answer = { status: number; headers: Record<string, unknown>; body: Record<string, unknown>; text: string }

/** The ingest function with its own middleware, over queues and a secret that remember what was asked of them. */
export function anIngest({
  settings = settingsOf(),
  secret = '{"server":"key"}',
  erasures = memoryErasures(),
  ...reporting
}: Options = {}) {
  const world = {
    now: NOON,
    secret,
    secretReads: 0,
    trackStored: { ok: true } as Stored | Promise<Stored>,
    sessionStored: { ok: true } as Stored,
  }
  const track: QueueEntry[] = []
  const removal: QueueEntry[] = []
  const session: QueueEntry[] = []
  const logs: unknown[][] = []
  const measures: Parameters<Measure>[] = []
  let ids = 0
  const secrets = {
    send: () => {
      world.secretReads += 1
      return world.secret instanceof Error
        ? Promise.reject(world.secret)
        : Promise.resolve({ SecretString: world.secret })
    },
  } as unknown as Parameters<typeof createSecret>[0]['client']
  const handler = createIngestHandler({
    settings,
    writeKeys: createSecret({ client: secrets, secretId: 'keys', lifetimeMs: 300_000, clock: () => world.now }),
    sendToTrackQueue: (messages) => {
      track.push(...messages)
      return Promise.resolve(world.trackStored)
    },
    sendToRemovalQueue: (messages) => {
      removal.push(...messages)
      return Promise.resolve(world.trackStored)
    },
    sendToSessionQueue: (messages) => {
      session.push(...messages)
      return Promise.resolve(world.sessionStored)
    },
    erasing: () =>
      Promise.resolve({
        namePeople: createNamePeople(settings.destinations),
        plan: createErasure(settings.destinations, () => world.now),
        most: mostErasedAtOnce(settings.destinations),
        remember: erasures.people().remember,
        isErased: erasures.people().read,
        record: erasures.record,
        list: (before) => listErasures(erasures, before),
      }),
    log: (...line) => logs.push(line),
    measure: (...measured) => measures.push(measured),
    clock: () => world.now,
    newId: () => `new-${(ids += 1)}`,
    ...reporting,
  })
  const invoke = async (event: HttpEvent, context: Partial<Context> = {}): Promise<Answer> => {
    const { statusCode, headers = {}, body } = await handler(event, context as Context)
    return {
      status: statusCode,
      headers,
      text: body,
      body: body === '' ? {} : (JSON.parse(body) as Record<string, unknown>),
    }
  }
  const events = (entries: QueueEntry[]) => entries.flatMap(({ body }) => decodeMessage(body)?.events ?? [])
  return {
    world,
    track,
    removal,
    session,
    logs,
    measures,
    erasures,
    invoke,
    /** Sends a request with the server's key, unless it brings its own headers. */
    send: (request: HttpRequest) => invoke(restEvent({ headers: { Authorization: basic('key') }, ...request })),
    trackEvents: () => events([...track, ...removal]),
    sessionEvents: () => events(session),
  }
}

/** A track call as an SDK sends it. */
export const aTrack = (overrides: Record<string, unknown> = {}) => ({
  type: 'track',
  event: 'USER_ADD',
  messageId: 'm-1',
  originalTimestamp: '2026-11-23T12:00:00.000Z',
  sentAt: '2026-11-23T12:00:00.000Z',
  properties: { userListAdd: [{ EMAIL: 'name1@abc.com', FN: 'name1' }] },
  ...overrides,
})
