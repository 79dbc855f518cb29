import { createHash } from 'node:crypto'
import type { Batch } from '../../lib/audience/batch.ts'
import type { Change } from '../../lib/audience/change.ts'
import { identifiersOf } from '../../lib/audience/identifiers.ts'
import type { Cell } from '../../lib/audience/column.ts'
import type { TokenSource } from '../../lib/graph-api/access-token.ts'
import { parseDestinations } from '../../lib/config/destinations.ts'
import type { Destination, Destinations } from '../../lib/config/destinations-schema.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import type { GraphAnswer } from '../../lib/graph-api/client.ts'
import { deliver } from '../../lib/retry/deliver.ts'
import type { DeliveryDependencies } from '../../lib/graph-api/send-part.ts'
import type { Outcome } from '../../lib/retry/outcome.ts'
import type { GraphFailure } from '../../lib/graph-api/error.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'

export const TOKEN = 'EAAB-a-valid-access-token'
export const AUDIENCE = '23846440602800582'
export const OTHER_AUDIENCE = '23848672402580582'
export const NOON = Date.parse('2026-09-15T12:00:00Z')

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Settings as they come out of destinations.json. */
export function settingsOf(...destinations: Record<string, unknown>[]): Destinations {
  const parsed = parseDestinations({
    sources: [{ name: 'server' }],
    destinations: destinations.map((destination, index) => ({
      name: `destination-${index + 1}`,
      userSchema: ['EMAIL'],
      events: { USER_ADD: AUDIENCE },
      ...destination,
    })),
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.destinations
}

export function aDestination(overrides: Record<string, unknown> = {}): Destination {
  const [destination] = settingsOf({ name: 'main', ...overrides }).destinations
  if (!destination) throw new Error('No destination')
  return destination
}

export function aChange(schema: readonly SchemaField[], cells: readonly Cell[], at = NOON): Change {
  return { cells, identifiers: identifiersOf(schema, cells), at }
}

/** People known by their e-mail addresses. */
export const people = (...names: string[]) => names.map((name) => aChange(['EMAIL'], [sha256(name)]))
export const manyPeople = (count: number, prefix = 'person') =>
  Array.from({ length: count }, (_, index) => aChange(['EMAIL'], [sha256(`${prefix} ${index}`)]))

const DESTINATION = aDestination()

export function aBatch(changes: readonly Change[], overrides: Partial<Batch> = {}): Batch {
  const { destination = DESTINATION } = overrides
  const { userSchema: schema } = destination
  return { destination, audienceId: AUDIENCE, direction: 'add', schema, changes, ...overrides }
}

export const NO_USAGE = { adAccounts: [], appPercent: undefined, accountPercent: undefined }
export const taken = (numReceived: number): GraphAnswer => ({
  ok: true,
  usage: NO_USAGE,
  received: { numReceived, numInvalid: 0, invalidSamples: {} },
})
export const refused = (failure: GraphFailure): GraphAnswer => ({ ok: false, usage: NO_USAGE, failure })
export const graphFailure = (code: number, subCode?: number, isTransient = false): GraphFailure => ({
  kind: 'graph',
  status: 400,
  code,
  subCode,
  isTransient,
  isProofError: false,
  title: undefined,
  fbtraceId: 'Atrace',
})
export const HTML_400: GraphFailure = { kind: 'unreadable', status: 400, html: true }

export const aToken = (accessToken = TOKEN): TokenSource => {
  const reading = { ok: true as const, token: { accessToken, appSecret: undefined } }
  return { get: () => Promise.resolve(reading), refresh: () => Promise.resolve(reading) }
}

/** Time that passes only by sleeping, at once. */
export function aClock(start = NOON) {
  const time = { now: start, slept: [] as number[] }
  return Object.assign(time, {
    clock: () => time.now,
    sleep: (ms: number) => {
      time.slept.push(ms)
      time.now += ms
      return Promise.resolve()
    },
  })
}

/** The rows of a request, which a fake `send` answers by. */
export const rowsIn = (body: string) => (JSON.parse(body) as { payload: { data: string[][] } }).payload.data

/** A delivery with everything but `send` harmless. */
export function aDelivery(overrides: Pick<DeliveryDependencies, 'send'> & Partial<DeliveryDependencies>) {
  const time = aClock()
  const clock = overrides.clock ?? time.clock
  const calls: { batch: Batch; answer: GraphAnswer }[] = []
  const dependencies: DeliveryDependencies = {
    token: () => aToken(),
    pauses: createPauses(clock),
    pace: createPace(clock),
    clock,
    sleep: time.sleep,
    random: () => 0.5,
    onCall: (batch, answer) => calls.push({ batch, answer }),
    ...overrides,
  }
  /** No request begins after so many seconds. */
  const delivered = (batch: Batch, seconds = 95, atOnce?: number) =>
    deliver(batch, atOnce, clock() + seconds * 1000, dependencies)
  const inTime = async (batch: Batch, seconds?: number) => (await delivered(batch, seconds)).outcomes
  return { delivered, inTime, calls, time, dependencies }
}

export const changesOf = (outcomes: readonly Outcome[], kind: Outcome['kind']) =>
  outcomes.filter((outcome) => outcome.kind === kind).flatMap(({ changes }) => changes)
