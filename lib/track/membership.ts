import { membershipEvent } from '../config/name-rules.ts'
import { isGiven, isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/** Whether the person of a call is in an audience of another tool; undefined where the value is neither. */
export type Membership = { key: string; field: string; isMember: boolean | undefined }

/** What a call says of audiences: `about` is the key that it names, mapped or not, null where it names none. */
export type MembershipReading = { memberships: readonly Membership[]; about: string | null }

/**
 * The memberships in an identify call: each mapped key among its traits. RudderStack's SDKs have them in
 * `context.traits`. The step of a journey without a boolean means that the person has got there.
 */
export function membershipsOfIdentify(call: JsonObject, isMapped: (key: string) => boolean): MembershipReading {
  const context = isObject(call.context) ? call.context : {}
  const found = new Map<string, Membership>()
  for (const [prefix, traits] of [['traits', call.traits] as const, ['context.traits', context.traits] as const])
    if (isObject(traits))
      for (const key in traits)
        if (isMapped(key) && isGiven(traits[key])) {
          const said = { key, field: `${prefix}.${key}`, isMember: flag(traits[key]) }
          found.set(key, strongest(found.get(key), said))
        }
  const [about] = keysOf(context, {})
  // The step of a journey carries no boolean; that of an audience without one is told.
  if (about !== undefined && isMapped(about) && !found.has(about))
    found.set(about, {
      ...{ key: about, field: `traits.${about}` },
      isMember: classOf(context) === 'journey_step' ? true : undefined,
    })
  return { memberships: [...found.values()], about: about ?? null }
}

/**
 * The membership in a track call that says it is about an audience: by `context.personas`, `audience_key` or its name.
 * Steps of journeys carry no boolean, and mean that the person has got there. Undefined for any other call.
 *
 * Source: Segment's "Using Engage Data", and its Engage destination actions.
 */
export function membershipsOfTrack(
  call: JsonObject,
  name: string,
  isMapped: (key: string) => boolean,
): MembershipReading | undefined {
  const context = isObject(call.context) ? call.context : {}
  const properties = isObject(call.properties) ? call.properties : {}
  const named = keysOf(context, properties)
  const mapped = named.filter(isMapped)
  const byName = membershipEvent(name)
  if (named.length === 0 && byName === undefined) return undefined
  // Of two names the mapped one counts, else the one that has a value; a false of the other is no less an opt-out.
  const [first] = mapped.filter((each) => isGiven(properties[each]))
  const keys =
    named.length === 0
      ? Object.keys(properties).filter((each) => isMapped(each) && isGiven(properties[each]))
      : byName === false
        ? mapped
        : mapped.filter((each) => each === (first ?? mapped[0]) || flag(properties[each]) === false)
  const unsaid = byName ?? (classOf(context) === 'journey_step' ? true : undefined)
  return {
    memberships: keys.map((each) => ({
      key: each,
      field: `properties.${each}`,
      // Who has exited is out, whatever else the call says.
      isMember: byName !== false && isGiven(properties[each]) ? flag(properties[each]) : unsaid,
    })),
    about: named[0] ?? null,
  }
}

/** The keys by which a call names its audience, the one of Segment's computation first. */
function keysOf(context: JsonObject, properties: JsonObject): string[] {
  const { personas } = context
  const isAudience = ['audience', 'journey_step'].includes(classOf(context) ?? '')
  const keys = [isAudience && isObject(personas) ? personas.computation_key : undefined, properties.audience_key]
  return [...new Set(keys.filter((key): key is string => typeof key === 'string' && key !== ''))]
}

function classOf({ personas }: JsonObject): string | undefined {
  const given = isObject(personas) ? personas.computation_class : undefined
  return typeof given === 'string' ? given : undefined
}

/** Where two places contradict each other, false takes the person out. Nobody is added beside what cannot be read. */
function strongest(first: Membership | undefined, second: Membership): Membership {
  const order = [false, undefined, true]
  return first && order.indexOf(first.isMember) <= order.indexOf(second.isMember) ? first : second
}

function flag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  return undefined
}
