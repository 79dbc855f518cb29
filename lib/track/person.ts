import type { Destination } from '../config/destinations-schema.ts'
import { neededFields } from '../config/audience-mapping.ts'
import type { CallMappingName } from '../config/audience-mapping.ts'
import { STRONG_FIELDS, fieldOfKey } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { defaultPaths, pathSteps } from '../config/user-fields.ts'
import { isGiven, isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import type { QueuedUser } from './message.ts'
import type { RecordColumns } from './record-columns.ts'
import { UNUSABLE, createUserCut, hasValue, isEmail, isUseless, mayBeEmail } from './user-cut.ts'
import type { UserFindings } from './user-cut.ts'

type Direction = 'add' | 'remove'

/** The person whom a call is about, for what a name leads to, or several of its kind. */
export type CallPerson = { by: CallMappingName['by'] | 'destination'; name: string } & {
  more?: readonly string[]
  direction: Direction
  user: QueuedUser
  destinations: readonly string[] | undefined
}

/** Reads the person whom a call is about, for those destinations of a mapping that look in the same places. */
export type PersonReader = {
  /** Names; undefined where they are all destinations of the mapping. */
  destinations: readonly string[] | undefined
  /** What the settings want with the person; undefined where the call says it. */
  action: Direction | undefined
  /** `columns` are those of a record: see `createRecordColumns`. */
  read: (call: JsonObject, findings: UserFindings, direction: Direction, columns?: RecordColumns) => QueuedUser
}

/**
 * The readers of a mapping. An event is about a person only for destinations that give it an action. Of the others,
 * record calls (`source`, `audience`) hold columns under their names, and memberships are read like events. `made` has the
 * readers of other names of this kind: those for the same destinations are shared.
 */
export function personReaders(
  { by, name }: CallMappingName,
  destinations: readonly Destination[],
  made: Map<string, PersonReader>,
): PersonReader[] {
  const groups = Map.groupBy(
    destinations.flatMap((destination) => {
      const action = by === 'event' ? destination.events[name]?.action : undefined
      return by === 'event' && action === undefined ? [] : [{ destination, action }]
    }),
    ({ destination: { userFields }, action }) => JSON.stringify([action, userFields]),
  )
  return [...groups.values()].map((group) => {
    const alike = group.map(({ destination }) => destination)
    const action = group[0]?.action
    const areAll = alike.length === destinations.length
    const key = JSON.stringify([action, areAll, alike.map((destination) => destination.name)])
    const reader = made.get(key) ?? {
      destinations: areAll ? undefined : alike.map((destination) => destination.name),
      action,
      read: by === 'event' || by === 'membership' ? createCallReader(alike) : createRecordReader(alike),
    }
    made.set(key, reader)
    return reader
  })
}

/** A person whom an erasure is about: see `createNamePeople`. */
export type ErasedPerson = {
  /** The user or call that names the person. Several people of one user share it. */
  call: JsonObject
  /** Values by column. */
  columns: JsonObject
  /** What some destination may take for EXTERN_ID, with its paths. The people of one user share it. */
  ids: readonly { value: unknown; paths: readonly string[] }[]
  /** Which of the ids that a destination takes is that of this person. */
  idPlace: number
  /** The others of a user have only a second value of some column. Their names and places would be said again. */
  isFirst: boolean
}

/** Reads the people whom an erasure is about, for those destinations that look in the same places. */
export type ErasureReader = {
  destinations: readonly Destination[]
  read: (person: ErasedPerson, findings: UserFindings) => QueuedUser
}

/**
 * The readers of erasures, for all destinations. Every field that names a person on its own is read, also one that no
 * destination has in its schema today.
 */
export function erasureReaders(destinations: readonly Destination[]): ErasureReader[] {
  return [...Map.groupBy(destinations, ({ userFields }) => JSON.stringify(userFields)).values()].map((alike) => {
    const details = [...new Set(['COUNTRY' as const, ...neededFields(alike)])].filter(
      (field) => !STRONG_FIELDS.includes(field),
    )
    const cutUser = createUserCut({ destinations: alike, fields: [...STRONG_FIELDS, ...details] })
    const detailsOf = createPathReader(details, (field) => pathsOf(field, alike))
    const countryOf = createPathReader(['COUNTRY'], (field) => pathsOf(field, alike))
    const idPaths = alike[0]?.userFields.EXTERN_ID ?? []
    const read: ErasureReader['read'] = ({ call, columns, ids, idPlace, isFirst }, findings) => {
      const given = ids.filter(({ paths }) => paths.some((path) => idPaths.includes(path)))
      const usable = given.filter(({ value }) => !isEmail(value))
      if (isFirst) findings.emailsAsId += given.length - usable.length
      const values = { ...(isFirst ? detailsOf : countryOf)(call, findings, 'remove') }
      const id = usable[idPlace]
      if (id) values.EXTERN_ID = id.value
      const own = withoutEmailIds(columns, findings)
      if (isObject(own)) addGiven(values, own)
      return cutUser(values, findings)
    }
    return { destinations: alike, read }
  })
}

type Reader = PersonReader['read']

/** By `userFields`, then by the specs of track and identify calls. */
export function createCallReader(
  destinations: readonly Destination[],
  fields: readonly SchemaField[] = neededFields(destinations),
): Reader {
  const cutUser = createUserCut({ destinations, fields })
  const valuesOf = createPathReader(fields, (field) => pathsOf(field, destinations))
  return (call, findings, direction) => cutUser(valuesOf(call, findings, direction), findings)
}

function pathsOf(field: SchemaField, destinations: readonly Destination[]): readonly string[] {
  return [...(destinations[0]?.userFields[field] ?? []), ...defaultPaths(field)]
}

/** By `userFields`, then by the columns of a record. */
export function createRecordReader(
  destinations: readonly Destination[],
  fields: readonly SchemaField[] = neededFields(destinations),
): Reader {
  const cutUser = createUserCut({ destinations, fields })
  const valuesOf = createPathReader(fields, (field) => destinations[0]?.userFields[field] ?? [])
  return (call, findings, direction, columns) => {
    const user: Record<string, unknown> = { ...columns?.consents }
    for (const [field, value] of columns?.values ?? []) if (fields.includes(field)) user[field] = value
    addGiven(user, valuesOf(call, findings, direction))
    return cutUser(user, findings)
  }
}

function withoutEmailIds(place: unknown, findings: UserFindings): unknown {
  if (!isObject(place)) return place
  const emails = new Set<string>()
  for (const key in place) if (fieldOfKey(key) === 'EXTERN_ID' && isEmail(place[key])) emails.add(key)
  if (emails.size === 0) return place
  findings.emailsAsId += emails.size
  return Object.fromEntries(Object.entries(place).filter(([key]) => !emails.has(key)))
}

/** Adds the columns that have a value: a useless one must not hide that of another place. */
function addGiven(columns: Record<string, unknown>, place: JsonObject): void {
  for (const key in place) {
    const value = place[key]
    if (hasValue(value) && !(isUseless(value) && Object.hasOwn(columns, key))) columns[key] = value
  }
}

function createPathReader(fields: readonly SchemaField[], pathsOf: (field: SchemaField) => readonly string[]) {
  const places = fields.map((field) => ({
    field,
    paths: pathsOf(field).map((path) => ({
      steps: pathSteps(path),
      isUsual: defaultPaths(field).includes(path),
    })),
  }))
  return (call: JsonObject, findings: UserFindings, direction: Direction): JsonObject => {
    const values: Record<string, unknown> = {}
    for (const { field, paths } of places)
      for (const { steps, isUsual } of paths) {
        const value = valueAt(call, steps)
        if (!hasValue(value)) continue
        if (field === 'MADID' && direction === 'add' && refusesTracking(call)) break
        // It is told if no later place has a better one.
        if (isUseless(value)) {
          values[field] ??= value
          continue
        }
        if (field === 'EXTERN_ID' && mayBeEmail(value)) {
          findings.emailsAsId += 1
          continue
        }
        values[field] = datePart(field, value) ?? (isUsual && field in DATE_PARTS ? UNUSABLE : value)
        break
      }
    return values
  }
}

/**
 * The value at a path, or at a key with dots in it: `customer.email` may be one key of `properties`, also beside a `customer`
 * that has no e-mail.
 */
export function valueAt(call: JsonObject, steps: readonly string[]): unknown {
  let value: unknown = call
  for (const step of steps) value = own(value, step)
  // Joining keys is most of the work, so nothing is joined for a place that a call lacks.
  let place = own(call, steps[0] ?? '')
  for (let index = 1; index < steps.length - 1 && !isGiven(value) && isGiven(place); index += 1) {
    value = own(place, joinedFrom(steps, index))
    place = own(place, steps[index] ?? '')
  }
  return value
}

function joinedFrom(steps: readonly string[], index: number): string {
  let key = steps[index] ?? ''
  for (let next = index + 1; next < steps.length; next += 1) key += `.${steps[next] ?? ''}`
  return key
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}

const PERMISSIONS = new Set<unknown>([true, 'true', 1, '1'])

/** Who names the keys of a device otherwise, in `userFields`, writes this one alike. */
const PERMISSION_PATHS = ['adTrackingEnabled', 'ad_tracking_enabled', 'AdTrackingEnabled', 'adtrackingenabled'].map(
  (key) => ['context', 'device', key],
)

/** Whether the owner of the device refuses tracking: by whatever is said and is no clear permission, such as "no". */
function refusesTracking(call: JsonObject): boolean {
  return PERMISSION_PATHS.some((path) => {
    const enabled = valueAt(call, path)
    return hasValue(enabled) && !PERMISSIONS.has(typeof enabled === 'string' ? enabled.trim().toLowerCase() : enabled)
  })
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?![\d-])/
const DATE_PARTS: Partial<Record<SchemaField, number>> = { DOBY: 1, DOBM: 2, DOBD: 3 }

/**
 * A birthday is one ISO 8601 date to the specs, and three columns to Meta; undefined for anything else. At the places of the
 * specs that is unusable: "12" would be a day and a month.
 */
export function datePart(field: SchemaField, value: unknown): string | undefined {
  const part = DATE_PARTS[field]
  return part === undefined || typeof value !== 'string' ? undefined : DATE.exec(value.trim())?.[part]
}
