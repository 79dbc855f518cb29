import type { Destination } from './destinations-schema.ts'
import { lettersOf } from './nearest-name.ts'
import { SCHEMA_FIELDS } from './schema-field.ts'
import type { Partly, SettingProblem } from './setting-problem.ts'

type Given = Pick<Partly<Destination>, 'events' | 'memberships' | 'sourceAudience'>

const MEMBERSHIP_EVENTS = new Map([
  ['audience entered', true],
  ['audience exited', false],
])

/**
 * What the name of a track call says by itself of an audience: true for `Audience Entered`, false for `Audience Exited`. In any
 * case and with blanks around, because a removal must not be lost.
 */
export function membershipEvent(name: string): boolean | undefined {
  return name.length > 40 ? undefined : MEMBERSHIP_EVENTS.get(name.trim().toLowerCase())
}

/** What people write who take the type of a call for the name of an event, with the setting for it. */
const CALL_TYPES = new Map([
  ['identify', 'use memberships for it'],
  ['record', 'use sourceAudience for it'],
  ['audiencelist', 'use sourceAudience for it'],
  ['page', 'calls of this type lead to nothing'],
  ['screen', 'calls of this type lead to nothing'],
  ['group', 'calls of this type lead to nothing'],
])

const TRAITS = new Set(
  Object.values(SCHEMA_FIELDS).flatMap(({ traits }) => traits.map((trait) => lettersOf(trait.split('.')[0] ?? ''))),
)

/** Warns of names that no call, or every call, would have. `path` is the destination's. */
export function nameRules({ events, memberships, sourceAudience }: Given, path: string): SettingProblem[] {
  const warnings: SettingProblem[] = []
  const warn = (key: string, name: string, message: string | undefined) => {
    if (message !== undefined) warnings.push({ path: `${path}.${key}.${name}`, message })
  }
  for (const [key, mapping] of Object.entries({ events, memberships, sourceAudience }))
    for (const name of Object.keys(mapping ?? {})) warn(key, name, blanks(name))
  for (const name of Object.keys(memberships ?? {})) warn('memberships', name, noAudienceKey(name))
  for (const [name, { action }] of Object.entries(events ?? {}))
    warn('events', name, noEvent(name, action !== undefined && Object.keys(memberships ?? {}).length === 0))
  return warnings
}

function blanks(name: string): string | undefined {
  const plain = name.trim()
  if (plain === name) return undefined
  return plain === ''
    ? 'is blank, and only a name with the same blanks fits; write a name'
    : `has blanks around it, and only a name with the same blanks fits; write "${plain}" if you did not mean them`
}

function noAudienceKey(key: string): string | undefined {
  if (/^(?:context\.)?(?:traits|properties)\./.test(key))
    return `is the key of an audience and no path; write "${key.replace(/^(?:context\.)?\w+\./, '')}" if you meant that`
  if (membershipEvent(key) !== undefined)
    return 'is the name of an event and no key of an audience; write the key that its calls have, such as "high_value"'
  if (TRAITS.has(lettersOf(key)))
    return 'says who a person is, and is neither true nor false, so calls with it are rejected; write the key of an audience, such as "high_value"'
  return undefined
}

function noEvent(name: string, isAlone: boolean): string | undefined {
  const setting = CALL_TYPES.get(name.trim().toLowerCase())
  if (setting !== undefined)
    return `is a type of call, and only a track call with this name as its event fits; ${setting}`
  if (isAlone && membershipEvent(name) !== undefined)
    return 'is how tools tell a membership, and applies to every audience key; write the key in memberships instead, such as {"high_value": "23846440602800582"}'
  return undefined
}
