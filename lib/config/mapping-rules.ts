import type { Destination, Source } from './destinations-schema.ts'
import { membershipEvent, nameRules } from './name-rules.ts'
import { nearestFirst } from './nearest-name.ts'
import { canMatch, needsCountry } from './schema-field.ts'
import type { SchemaField } from './schema-field.ts'
import type { Found, Partly } from './setting-problem.ts'
import { defaultPaths } from './user-fields.ts'

type Given = Partly<Destination>
type Acting = { destination: string; action: string }

/** The rules of what names audiences, and of where calls say who a person is. `path` is the destination's. */
export function mappingRules(
  destination: Given,
  sources: readonly Partly<Source>[],
  path: string,
  { problems, warnings }: Found,
): void {
  const { events, memberships, sourceAudience, userFields, userSchema } = destination
  const mappings = { events, memberships, sourceAudience }
  if (Object.values(mappings).every((mapping) => mapping && Object.keys(mapping).length === 0))
    problems.push({
      path: `${path}.events`,
      message:
        'needs at least one event name, such as {"USER_ADD": "23846440602800582"}; or use memberships or sourceAudience',
    })
  warnings.push(...nameRules(destination, path))
  feedingSources(destination, sources, path, problems)
  for (const [name, { action }] of Object.entries(events ?? {})) {
    if (action === undefined) continue
    if (membershipEvent(name) !== undefined && Object.keys(memberships ?? {}).length > 0)
      problems.push({
        path: `${path}.events.${name}`,
        message: 'is how tools tell a membership, and would apply to every audience key; leave it to memberships',
      })
    if (memberships && Object.hasOwn(memberships, name))
      problems.push({
        path: `${path}.events.${name}`,
        message: 'has an action and is a key of memberships too, so one call could mean both; keep one of them',
      })
  }
  if (!userFields || !userSchema) return
  for (const [field, paths] of Object.entries(userFields) as [SchemaField, readonly string[]][]) {
    const repeated = paths.find((given, at) => paths.indexOf(given) !== at)
    if (repeated !== undefined)
      warnings.push({
        path: `${path}.userFields.${field}`,
        message: `names "${repeated}" twice, and the first value counts; take one out, or write the path that you meant`,
      })
    if (!userSchema.includes(field) && !(field === 'COUNTRY' && userSchema.some(needsCountry)))
      problems.push({
        path: `${path}.userFields.${field}`,
        message: `is for a field that userSchema does not have; add ${field} to userSchema, or remove it here`,
      })
  }
  personPaths(destination, userFields, userSchema, path, { problems, warnings })
}

function feedingSources(
  { sourceAudience, sources: fedBy }: Given,
  sources: readonly Partly<Source>[],
  path: string,
  problems: Found['problems'],
): void {
  const names = sources.flatMap(({ name }) => name ?? [])
  if (names.length < sources.length || !fedBy) return
  for (const source of Object.keys(sourceAudience ?? {})) {
    if (names.includes(source) && fedBy.includes(source)) continue
    const [nearest = ''] = nearestFirst(source, names, 1)
    problems.push({
      path: `${path}.sourceAudience.${source}`,
      message: names.includes(source)
        ? `is a source that does not feed this destination; add "${source}" to its sources`
        : `is not in sources; write "${nearest}" if you meant that, or add it there`,
    })
  }
}

function personPaths(
  { events, memberships, sourceAudience, consent }: Given,
  userFields: Destination['userFields'],
  userSchema: readonly SchemaField[],
  path: string,
  { problems, warnings }: Found,
): void {
  const hasActions = Object.values(events ?? {}).some(({ action }) => action !== undefined)
  const hasPeople = hasActions || Object.keys(memberships ?? {}).length > 0
  const isUsed = hasPeople || Object.keys(sourceAudience ?? {}).length > 0 || consent?.onDenial === 'remove'
  if (Object.keys(userFields).length > 0 && !isUsed && events && memberships && sourceAudience)
    warnings.push({
      path: `${path}.userFields`,
      message:
        'is for calls about one person, and no event has an "action", nor are there memberships or a sourceAudience',
    })
  if (!hasPeople) return
  const unread = userSchema.filter((field) => !userFields[field] && defaultPaths(field).length === 0)
  const read = userSchema.filter((field) => !unread.includes(field))
  if (!canMatch(read) && canMatch(userSchema))
    problems.push({
      path: `${path}.userFields`,
      message: `must say where calls about one person have ${unread.join(', ')}, such as {"${unread[0] ?? ''}": ["properties.customer.id"]}; nobody can be matched without`,
    })
  else
    for (const field of unread)
      warnings.push({
        path: `${path}.userFields`,
        message: `says nothing about ${field}, so calls about one person leave it blank; name its paths, such as {"${field}": ["properties.customer.id"]}`,
      })
}

/** The rules of audiences that several names lead to. */
export function sharedAudiences(
  { destinations }: { destinations: readonly Given[] },
  { problems, warnings }: Found,
): void {
  const schemaOf = new Map<string, { destination: string; schema: string }>()
  const actionOf = new Map<string, Acting>()
  destinations.forEach((destination, index) => {
    const { userSchema, name = `number ${String(index)}` } = destination
    for (const [key, audiences] of idLists(destination)) {
      const path = `destinations.${String(index)}.${key}`
      const repeated = audiences.find((id, at) => audiences.indexOf(id) !== at)
      if (repeated) problems.push({ path, message: `names audience ${repeated} twice` })
      if (new Set(audiences).size > 1 && !key.startsWith('memberships'))
        warnings.push({
          path,
          message: 'maps to several audiences, so its sessions are not sent: a session id is unique in an ad account',
        })
      for (const id of userSchema ? audiences : []) {
        const schema = userSchema?.join() ?? ''
        const other = schemaOf.get(id)
        if (other && other.schema !== schema)
          problems.push({
            path,
            message: `audience ${id} has another userSchema in destination "${other.destination}"; an audience keeps one schema for life`,
          })
        schemaOf.set(id, { destination: name, schema })
      }
    }
    for (const [event, { action, audiences }] of Object.entries(destination.events ?? {})) {
      if (action === undefined) continue
      for (const id of audiences) {
        const key = JSON.stringify([event, id])
        const other: Acting = actionOf.get(key) ?? { destination: name, action }
        if (other.action !== action)
          warnings.push({
            path: `destinations.${String(index)}.events.${event}`,
            message: `has the action "${action}" for audience ${id}, and "${other.action}" in destination "${other.destination}"; keep one of them, because the removal wins`,
          })
        actionOf.set(key, other)
      }
    }
  })
}

function idLists({ events, memberships, sourceAudience }: Given): [key: string, audiences: readonly string[]][] {
  return [
    ...Object.entries(events ?? {}).map(([name, { audiences }]): [string, string[]] => [`events.${name}`, audiences]),
    ...Object.entries(memberships ?? {}).map(([name, ids]): [string, string[]] => [`memberships.${name}`, ids]),
    ...Object.entries(sourceAudience ?? {}).map(([name, ids]): [string, string[]] => [`sourceAudience.${name}`, ids]),
  ]
}
