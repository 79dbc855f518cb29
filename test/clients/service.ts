import { beforeAll, beforeEach, expect, vi } from 'vitest'
import type { LocalStatus } from '../../lib/local/status.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'
import { ALL_FIELDS, EMAIL_FN, byEmail, member } from './people.ts'
import type { Person } from './people.ts'
import { PERSON_DESTINATION, PERSON_NAMES, WAREHOUSE_DESTINATIONS, WAREHOUSE_NAMES } from './person-settings.ts'
import type { PersonNames, WarehouseNames } from './person-settings.ts'
import { startRecordingProxy } from './recording-proxy.ts'
import type { RecordingProxy } from './recording-proxy.ts'

/** Write keys and the signing secret as the local stack makes them. */
export const SERVER_KEY = 'local-write-key-server'
export const WEB_KEY = 'local-write-key-web'
export const WEBHOOK_KEY = 'local-write-key-webhook'
export const SIGNING_SECRET = 'local-signing-secret-webhook'
export const SECRET_HEADER = 'x-audience-key'

/** Who is in an audience. */
export type Members = {
  /** Waits until the members are these, with these values and no other. */
  becomes: (expected: readonly Person[]) => Promise<void>
  /** How many rows Meta was asked to add to or remove from it. Its answer is large where there are many: ask seldom. */
  rowsSent: (method: 'POST' | 'DELETE') => Promise<number>
}

/** An audience of user lists, and the event whose users go there. */
export type Audience = Members & { event: string }

export type Service = {
  /** Its own address, past the proxy. */
  url: string
  /** The whole of what `cdk deploy` deploys, behind a proxy that records. */
  proxy: RecordingProxy
  /** An audience that nobody has used, whose rows have these fields. */
  audience: (fields: 'EMAIL FN' | 'EMAIL PHONE' | 'all') => Audience
  /** An audience that nobody has used, and the names by which calls about one person lead there. */
  personAudience: () => PersonNames & Members
  /** A source of record and audiencelist calls that nobody has used, its key, and its two audiences. */
  warehouse: () => WarehouseNames & { writeKey: string; own: Members; nameable: Members }
  status: () => Promise<LocalStatus>
  close: () => Promise<void>
}

const SCHEMAS = { 'EMAIL FN': EMAIL_FN, 'EMAIL PHONE': ['EMAIL', 'PHONE'], all: ALL_FIELDS }
const AUDIENCES_EACH = 40

/** Starts the local stack with a source for servers, one for browsers and one for signed webhooks. */
export async function startService(allowedOrigins: readonly string[] = ['https://shop.example']): Promise<Service> {
  const destinations = Object.values(SCHEMAS).map((userSchema, index) => ({
    name: `list${index}`,
    userSchema,
    sources: ['server', 'web', 'webhook'],
    events: Object.fromEntries(Array.from({ length: AUDIENCES_EACH }, (_, n) => [eventName(index, n), id(index, n)])),
  }))
  const sources = [
    { name: 'server' },
    { name: 'web', allowedOrigins },
    { name: 'webhook', signed: true, secretHeader: SECRET_HEADER },
    ...WAREHOUSE_NAMES.map(({ source }) => ({ name: source })),
  ]
  const stack = await startTemporaryStack(
    { sources, destinations: [...destinations, PERSON_DESTINATION, ...WAREHOUSE_DESTINATIONS] },
    {
      batchWindow: 0,
      // When a test fails, these lines of the functions say why.
      log: (source, line) => {
        if (line.includes('"ERROR"')) process.stderr.write(`${source}: ${line}\n`)
      },
    },
  )
  const proxy = await startRecordingProxy(stack.url)
  const used: Record<string, number> = {}
  const people = PERSON_NAMES.values()
  const warehouses = WAREHOUSE_NAMES.values()

  return {
    url: stack.url,
    proxy,
    audience(fields) {
      const index = Object.keys(SCHEMAS).indexOf(fields)
      const number = (used[fields] = (used[fields] ?? -1) + 1)
      if (number === AUDIENCES_EACH) throw new RangeError(`All audiences of ${fields} are used`)
      return { event: eventName(index, number), ...membersOf(stack.graphUrl, id(index, number)) }
    },
    personAudience() {
      const { value } = people.next()
      if (!value) throw new RangeError('All audiences of one-person calls are used')
      return { ...value, ...membersOf(stack.graphUrl, value.audienceId) }
    },
    warehouse() {
      const { value } = warehouses.next()
      if (!value) throw new RangeError('All warehouses are used')
      const { audienceId, nameableId, source } = value
      return {
        ...{ ...value, writeKey: `local-write-key-${source}` },
        ...{ own: membersOf(stack.graphUrl, audienceId), nameable: membersOf(stack.graphUrl, nameableId) },
      }
    },
    status: () => getJson<LocalStatus>(`${stack.url}/_local/status`),
    async close() {
      await proxy.close()
      await stack.close()
    },
  }
}

let shared: Promise<Service> | undefined

/**
 * The service of all test files of a process, which ends with the process. Its proxy forgets the requests of a test before the
 * next one.
 */
export function serviceOfFile(): () => Service {
  let service: Service | undefined
  const started = () => {
    if (!service) throw new Error('The service has not started')
    return service
  }
  beforeAll(async () => {
    service = await (shared ??= startService())
  }, 120_000)
  beforeEach(() => started().proxy.clear())
  return started
}

function membersOf(graphUrl: string, audienceId: string): Members {
  return {
    becomes: (expected) =>
      vi.waitFor(
        async () => {
          // The count first: it costs less, and says more about what is missing than a thousand differences.
          const { audiences } = await getJson<{ audiences: { id: string; count: number }[] }>(
            `${graphUrl}/_emulator/audiences`,
          )
          expect(audiences.find(({ id }) => id === audienceId)?.count).toBe(expected.length)
          const { members } = await getJson<{ members: Person[] }>(
            `${graphUrl}/_emulator/audiences/${audienceId}/members`,
          )
          expect(members.sort(byEmail)).toEqual(expected.map(member).sort(byEmail))
        },
        { timeout: 120_000, interval: 200 },
      ),
    async rowsSent(method) {
      const { requests } = await getJson<{ requests: GraphRequest[] }>(`${graphUrl}/_emulator/requests`)
      return requests
        .filter((request) => request.method === method && request.url.includes(audienceId))
        .reduce((sum, { body }) => sum + (body.payload.dataLength ?? body.payload.data.length), 0)
    },
  }
}

type GraphRequest = { method: string; url: string; body: { payload: { data: unknown[]; dataLength?: number } } }

async function getJson<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T
}

function eventName(list: number, number: number): string {
  return `LIST_${list}_AUDIENCE_${number}`
}

function id(list: number, number: number): string {
  return String(23_846_440_000_000 + list * 100 + number)
}
