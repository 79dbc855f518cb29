import type { APIGatewayProxyEvent } from 'aws-lambda'
import { createRowBuilder } from '../../audience/row.ts'
import type { Destinations, Source } from '../../config/destinations-schema.ts'
import { eventsOf } from '../../track/event.ts'
import { isGiven, isObject } from '../../track/json-object.ts'
import { MAX_BODY_BYTES, decodeBody, toTrackRequest } from '../../track/request.ts'
import { createEventReader, mappedLike } from '../../track/selection.ts'
import type { EventReader, Selection } from '../../track/selection.ts'
import { IGNORED, REJECTIONS } from '../../track/unused-event.ts'
import { callSteps } from './call-steps.ts'
import type { Budget, ReadCall } from './call-steps.ts'
import { callWarnings } from './call-warnings.ts'
import { createEraseSteps, eraseCall } from './erase-calls.ts'
import type { CallRecord } from './feed.ts'
import { shownName } from './shown-name.ts'
import { senderOf } from './source-keys.ts'
import type { CurrentKeys } from './source-keys.ts'

/** A request with calls. Of more calls than the console shows, only the last ones are read. */
export type ReadRequest = { source?: string; type: string; calls: readonly ReadCall[] }

type Options = {
  settings: Destinations
  keys: CurrentKeys
  clock: () => number
  /** Calls of a request that are read at most. */
  mostCalls: number
}

/** So many users of a request are looked at, one by one: those of the whole are only counted. */
const MOST_USERS = 10_000

/**
 * Compiles the settings to a function that reads requests by the code of ingest, and says where their users go by that of
 * the consumer. It keeps nothing of a person. Undefined for requests that are about no calls, such as those of health.
 */
export function createRequestReader({ settings, keys, clock, mostCalls }: Options) {
  const readers = new Map(settings.sources.map((source) => [source.name, createEventReader(settings, source)]))
  const eraseSteps = createEraseSteps(settings, clock)
  const builders = new Map(settings.destinations.map((each) => [each.name, createRowBuilder(each, clock)]))

  return (event: APIGatewayProxyEvent): ReadRequest | undefined => {
    const request = toTrackRequest(event)
    const { route } = request
    if (!['batch', 'single', 'webhook', 'erase', 'unerase'].includes(route.kind)) return undefined
    const type = route.kind === 'single' ? route.type : route.kind
    const decoded = decodeBody(request.rawBody, MAX_BODY_BYTES)
    const source = senderOf(request, decoded.ok ? decoded.json : {}, settings.sources, keys)
    const reader = source && readers.get(source.name)
    if (!source || !reader || !decoded.ok) return { type, calls: [] }
    const receivedAt = clock()
    if (route.kind === 'erase' || route.kind === 'unerase') {
      const about = { source: source.name, receivedAt, steps: eraseSteps }
      const calls = source.mayErase ? eraseCall(route.kind, decoded.json, about) : []
      return { source: source.name, type, calls }
    }
    const routeType = route.kind === 'single' ? route.type : undefined
    const budget = { users: MOST_USERS }
    const calls = separated(decoded.json, routeType, mostCalls).map(({ body, call }) => {
      const selection = reader.read(body, { routeType, receivedAt, newId: () => '' })
      return readCall(selection, { call, routeType, source, receivedAt, reader, budget })
    })
    return { source: source.name, type, calls }
  }

  function readCall(selection: Selection, given: GivenCall): ReadCall {
    const { call, routeType, source, receivedAt, reader, budget } = given
    const { tracked: led, ...leftOut } = callSteps(selection, { source: source.name, settings, builders, budget })
    const erased = eraseSteps(selection.erasures.map((each) => each.call))
    const tracked = [...led, ...erased.tracked]
    const { add, remove } = usersOf(selection)
    const warnings = callWarnings(selection)
    const messageId = isObject(call) && typeof call.messageId === 'string' ? call.messageId : ''
    return {
      call: {
        ...{
          receivedAt,
          source: source.name,
          type: shownName(typeOf(call, routeType)),
          name: shownName(nameOf(call, selection)),
        },
        ...(messageId !== '' && { messageId: shownName(messageId) }),
        ...judged(selection, reader),
        ...(warnings.length > 0 && { warnings }),
        users: { add, remove: remove + erased.people },
        ...leftOut,
        steps: tracked.map(({ step }) => step),
      },
      tracked,
    }
  }
}

type GivenCall = {
  call: unknown
  routeType: string | undefined
  source: Source
  receivedAt: number
  reader: EventReader
  budget: Budget
}

/** Each call in a body of its own, with what its batch says of all of them. */
function separated(body: object, routeType: string | undefined, most: number): { body: unknown; call: unknown }[] {
  const calls = eventsOf(body, routeType)
  if (!calls || calls[0] === body) return [{ body, call: body }]
  return calls.slice(-most).map((call) => ({ body: Array.isArray(body) ? [call] : { ...body, batch: [call] }, call }))
}

function typeOf(call: unknown, routeType: string | undefined): string {
  const type = isObject(call) && isGiven(call.type) && call.type !== '' ? call.type : (routeType ?? 'track')
  return typeof type === 'string' ? type : ''
}

function nameOf(call: unknown, { lists, ignored }: Selection): string {
  const membership = lists.find(({ by }) => by === 'membership')?.name
  const [unused] = ignored.named
  if (membership !== undefined) return membership
  if (unused?.code === 'membership_unmapped') return unused.key ?? ''
  return isObject(call) && typeof call.event === 'string' ? call.event : ''
}

function judged(
  { events, erasures, rejected, ignored }: Selection,
  reader: EventReader,
): Pick<CallRecord, 'verdict' | 'code' | 'message'> {
  const [bad] = rejected.named
  const [unused] = ignored.named
  const why = bad
    ? { code: bad.code, message: `${REJECTIONS[bad.code]}${aboutField(bad.field)}${didYouMean(bad.suggestion)}` }
    : unused && { code: unused.code, message: `${IGNORED[unused.code]}${hintFor(unused, reader)}` }
  if (events.length + erasures.length > 0) return { verdict: 'accepted', ...why }
  return { verdict: bad ? 'rejected' : 'ignored', ...why }
}

/** What the sender probably wanted to write. */
function hintFor(unused: Selection['ignored']['named'][number], reader: EventReader): string {
  if (unused.code === 'call_type') return didYouMean(unused.suggestion)
  const names = unused.code === 'event_unmapped' ? reader.events : reader.memberships
  const near = names.meant(unused.code === 'event_unmapped' ? unused.event : (unused.key ?? ''))
  if (near !== undefined) return didYouMean(near)
  const mapped = mappedLike(unused, reader) ?? []
  const more = mapped.length > MOST_MAPPED ? ', …' : ''
  return mapped.length === 0 ? '' : ` Mapped: ${mapped.slice(0, MOST_MAPPED).join(', ')}${more}.`
}

const MOST_MAPPED = 5

function aboutField(field: string | undefined): string {
  return field === undefined ? '' : ` It is about ${field}.`
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : ` Did you mean "${name}"?`
}

function usersOf({ events }: Selection): CallRecord['users'] {
  const count = (direction: 'add' | 'remove') =>
    events.reduce((sum, { lists, people }) => {
      const persons = new Set(people.filter((person) => person.direction === direction).map(({ user }) => user))
      return sum + (lists?.[direction].length ?? 0) + persons.size
    }, 0)
  return { add: count('add'), remove: count('remove') }
}
