import { createHash } from 'node:crypto'
import type { Destination, Destinations, Source } from '../config/destinations-schema.ts'
import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { defaultPaths, pathSteps } from '../config/user-fields.ts'

/** A call about made-up people that the settings lead somewhere, and where to send it. */
export type SampleCall = {
  source: Source
  path: string
  body: object
  destination: string
  audiences: readonly string[]
}

type Direction = 'add' | 'remove'

/** What marks a call as one of its own: the beginning of its id, and the time, in ms since 1970. */
type Sending = { id: string; at: number }

/** How one of the ways of calls is used: `people` are counted from `first`. */
type Way = {
  source: Source
  destination: Destination
  audiences: readonly string[]
  path: string
  callFor: (people: readonly number[]) => object[]
}

/**
 * A call that adds people to an audience, or removes them, by the settings: an event with lists where there is one, else a
 * call about each person. The people are numbered, so that those who were added can be removed. With `sending`, calls say
 * which they are and when they were sent. Undefined where no call of the settings does so.
 */
export function sampleCall(
  settings: Destinations,
  direction: Direction,
  { first, count, sending }: { first: number; count: number; sending?: Sending },
): SampleCall | undefined {
  // Servers come first: a page's calls need an origin, and a webhook's a signature.
  const sources = [...settings.sources].sort((one, other) => effortOf(one) - effortOf(other))
  const ways = sources.flatMap((source) =>
    settings.destinations
      .filter((each) => each.sources.includes(source.name))
      .flatMap((destination) => waysOf(source, destination, direction)),
  )
  const way = ways.find(({ destination }) => !destination.dryRun) ?? ways[0]
  if (!way) return undefined
  const people = Array.from({ length: count }, (_, index) => first + index)
  const calls = way.callFor(people).map((call, index) => ({ ...(sending && sent(sending, index)), ...call }))
  const { source, destination, audiences } = way
  const [only] = calls
  const where =
    calls.length === 1 && only ? { path: way.path, body: only } : { path: '/v1/batch', body: { batch: calls } }
  return { source, destination: destination.name, audiences, ...where }
}

function sent({ id, at }: Sending, index: number): object {
  const time = new Date(at).toISOString()
  return { messageId: `${id}-${index}`, originalTimestamp: time, sentAt: time }
}

function effortOf({ allowedOrigins, signed }: Source): number {
  return (allowedOrigins ? 1 : 0) + (signed ? 2 : 0)
}

function waysOf(source: Source, destination: Destination, direction: Direction): Way[] {
  const context = contextFor(destination)
  const way = (audiences: readonly string[], path: string, callFor: Way['callFor']): Way => {
    return { source, destination, audiences, path, callFor }
  }
  const events = Object.entries(destination.events)
  const list = direction === 'add' ? 'userListAdd' : 'userListDelete'
  return [
    ...events
      .filter(([, { action }]) => action === undefined)
      .map(([event, { audiences }]) =>
        way(audiences, '/v1/track', (people) => [
          { event, ...context, properties: { [list]: people.map((person) => columnsOf(destination, person)) } },
        ]),
      ),
    ...events
      .filter(([, { action }]) => action === direction)
      .map(([event, { audiences }]) =>
        way(audiences, '/v1/track', (people) =>
          people.map((person) => withPerson({ type: 'track', event, ...context }, destination, person)),
        ),
      ),
    ...Object.entries(destination.memberships).map(([key, audiences]) =>
      way(audiences, '/v1/identify', (people) =>
        people.map((person) =>
          withPerson({ type: 'identify', ...context, traits: { [key]: direction === 'add' } }, destination, person),
        ),
      ),
    ),
    ...Object.entries(destination.sourceAudience)
      .filter(([name]) => name === source.name)
      .map(([, audiences]) =>
        way(audiences, '/v1/record', (people) =>
          people.map((person) => ({
            ...{ type: 'record', action: direction === 'add' ? 'insert' : 'delete', ...context },
            fields: columnsOf(destination, person),
          })),
        ),
      ),
  ]
}

/** The consent that the destination asks for. */
function contextFor({ consent }: Destination): object {
  if (!consent) return {}
  const categoryPreferences = Object.fromEntries(consent.categories.map((category) => [category, true]))
  return { context: { consent: { categoryPreferences } } }
}

function columnsOf({ userSchema, isHashRequired }: Destination, person: number): Record<string, unknown> {
  return Object.fromEntries(
    userSchema.flatMap((field) => {
      const value = valueOf(field, person)
      if (value === undefined) return []
      const isHash = SCHEMA_FIELDS[field].hashed && !isHashRequired
      return [[field, isHash ? createHash('sha256').update(String(value).toLowerCase()).digest('hex') : value]]
    }),
  )
}

/** Puts a person's values where calls have them. */
function withPerson(call: Record<string, unknown>, destination: Destination, person: number): object {
  const columns = columnsOf(destination, person)
  const whole = structuredClone(call)
  for (const [name, value] of Object.entries(columns)) {
    const field = name as SchemaField
    const path = destination.userFields[field]?.[0] ?? defaultPaths(field)[0]
    if (path === undefined) continue
    // One date stands for three columns.
    setAt(whole, pathSteps(path), field.startsWith('DOB') && !destination.userFields[field] ? BIRTHDAY : value)
  }
  return whole
}

function setAt(object: Record<string, unknown>, [step = '', ...steps]: readonly string[], value: unknown): void {
  if (steps.length === 0) {
    object[step] = value
    return
  }
  object[step] ??= /^\d+$/.test(steps[0] ?? '') ? [] : {}
  setAt(object[step] as Record<string, unknown>, steps, value)
}

const BIRTHDAY = '1988-03-09'
const NAMES = ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia', 'Hugo'] as const

/** A made-up value of a field; undefined for what describes no person. The first person is Ann. */
function valueOf(field: SchemaField, person: number): string | number | undefined {
  const name = NAMES[person % NAMES.length] ?? ''
  const id = person === 0 ? name.toLowerCase() : `${name.toLowerCase()}-${person}`
  const values: Partial<Record<SchemaField, string | number>> = {
    EMAIL: `${id}@example.com`,
    PHONE: `+1650${String(5_550_000 + person)}`,
    EXTERN_ID: `customer-${person}`,
    MADID: `00000000-0000-4000-8000-${String(person).padStart(12, '0')}`,
    FN: name,
    FI: name.slice(0, 1),
    LN: 'Example',
    GEN: 'f',
    DOBY: BIRTHDAY.slice(0, 4),
    DOBM: BIRTHDAY.slice(5, 7),
    DOBD: BIRTHDAY.slice(8),
    CT: 'Springfield',
    ST: 'IL',
    ZIP: '62701',
    COUNTRY: 'US',
    LOOKALIKE_VALUE: 10 + (person % 90),
  }
  return values[field]
}
