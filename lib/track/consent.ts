import type { ConsentSetting } from '../config/consent-schema.ts'
import { isGiven, isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/** What is said of a category. `unreadable` is neither true nor false: it may be a denial. */
export type Said = 'allowed' | 'denied' | 'unreadable'

/** What is said, where, and in which words: a text of 20 characters at most, or what it is in place of one. */
export type Statement = { said: Said; field: string; given: string }

/** What a call says, by category. Of a category that is not in it, the call says nothing. */
export type CallConsent = ReadonlyMap<string, Statement>

/**
 * What a call says of these categories. Where it says several things of one, a denial counts before anything else.
 *
 * Sources: Segment's "Consent in Segment Connections", `context.consent`; RudderStack's "Add the consent object to event
 * payloads", `context.consentManagement`, and processor/consent.go of rudder-server. Older SDKs tell `deniedConsentIds`
 * alone, and those with OneTrust or Ketch `allowedConsents` too, as a list or as an object of names by id.
 */
export function readConsent({ context }: JsonObject, categories: readonly string[]): CallConsent {
  if (!isGiven(context) || context === '') return new Map()
  if (!isObject(context)) return new Map(unreadable(categories, 'context', context))
  const { consent, consentManagement } = context
  const found = new Map<string, Statement>()
  for (const [category, statement] of [
    ...ofSegment(consent, categories),
    ...ofRudderStack(consentManagement, categories),
  ])
    found.set(category, stronger(found.get(category), statement))
  return found
}

/** What a call and its batch say; a denial counts from either. */
export function bothConsents(call: CallConsent, batch: CallConsent): CallConsent {
  if (batch.size === 0 || call.size === 0) return call.size > 0 ? call : batch
  const both = new Map(batch)
  for (const [category, statement] of call) both.set(category, stronger(both.get(category), statement))
  return both
}

/** What a record says of all categories by a column `consent`; undefined where it has none. */
export function consentOfRecord({ fields, identifiers }: JsonObject): Statement | undefined {
  const own = [ownStatement(fields, 'fields.'), ownStatement(identifiers, 'identifiers.')].filter(
    (each) => each !== undefined,
  )
  return own.reduce<Statement | undefined>(stronger, undefined)
}

/** What a user says by a key `consent`, written like any other key of users: in any case, with blanks around it. */
export function ownConsent(user: unknown): Said | undefined {
  let said: Said | undefined
  if (isObject(user)) for (const key in user) if (isConsentKey(key)) said = strongest([said, flag(user[key])])
  return said
}

/** The same with its place and words; `prefix` is that of the user's fields. */
export function ownStatement(user: unknown, prefix = ''): Statement | undefined {
  let found: Statement | undefined
  if (isObject(user))
    for (const key in user) {
      const said = isConsentKey(key) ? flag(user[key]) : undefined
      if (said !== undefined) found = stronger(found, statement(said, prefix + key.trim(), user[key]))
    }
  return found
}

/** Longer keys are not trimmed. */
const LONGEST_KEY = 64

/** Whether a user's key is that of the user's own consent. */
export function isConsentKey(key: string): boolean {
  return key.length <= LONGEST_KEY && key.trim().toUpperCase() === 'CONSENT'
}

/** What is known of a person's consent to a destination; the category that decides, and the words about it. */
export type Consent = { said: Said | 'unknown'; category: string | undefined } & Partial<
  Pick<Statement, 'field' | 'given'>
>

/** What a call says about the consent that a destination needs, which is that to all its categories. */
export function consentTo({ categories }: ConsentSetting, call: CallConsent): Consent {
  for (const said of ['denied', 'unreadable', undefined] as const) {
    const category = categories.find((each) => call.get(each)?.said === said)
    if (category !== undefined) return { said: 'unknown', category, ...call.get(category) }
  }
  return { said: 'allowed', category: undefined }
}

/** Whether a person may be added to a destination. */
export function mayAdd({ unknown }: ConsentSetting, { said }: Pick<Consent, 'said'>): boolean {
  return said === 'allowed' || (said === 'unknown' && unknown === 'send')
}

type Stated = readonly [category: string, statement: Statement]

const SEGMENT = 'context.consent'
const RUDDERSTACK = 'context.consentManagement'

function ofSegment(consent: unknown, categories: readonly string[]): Stated[] {
  if (!isGiven(consent)) return []
  if (!isObject(consent)) return unreadable(categories, SEGMENT, consent)
  const { categoryPreferences, ...others } = consent
  // What says something in another place may be a denial.
  if (!isGiven(categoryPreferences))
    return Object.keys(others).length > 0 ? unreadable(categories, SEGMENT, consent) : []
  return ofPlace(categoryPreferences, `${SEGMENT}.categoryPreferences`, categories, flag)
}

function ofRudderStack(management: unknown, categories: readonly string[]): Stated[] {
  if (!isGiven(management)) return []
  if (!isObject(management)) return unreadable(categories, RUDDERSTACK, management)
  const { allowedConsentIds, allowedConsents, deniedConsentIds, deniedConsents, ...others } = management
  const allowed = Object.entries({ allowedConsentIds, allowedConsents })
  const denied = Object.entries({ deniedConsentIds, deniedConsents })
  const { enabled: _, provider: __, resolutionStrategy: ___, ...unknown } = others
  if (![...allowed, ...denied].some(([, given]) => isGiven(given)))
    return Object.keys(unknown).length > 0 ? unreadable(categories, RUDDERSTACK, management) : []
  const read = (
    key: string,
    given: unknown,
    said: 'allowed' | 'denied',
    saidBy: (value: unknown) => Said | undefined,
  ) =>
    Array.isArray(given)
      ? ofIds(given, `${RUDDERSTACK}.${key}`, categories, said)
      : ofPlace(given, `${RUDDERSTACK}.${key}`, categories, saidBy)
  return [
    ...allowed.flatMap(([key, given]) => read(key, given, 'allowed', allowedName)),
    ...denied.flatMap(([key, given]) => read(key, given, 'denied', () => 'denied')),
  ]
}

/** What an object says of the categories that it has; one that is something else may say anything. */
function ofPlace(
  given: unknown,
  field: string,
  categories: readonly string[],
  saidBy: (value: unknown) => Said | undefined,
): Stated[] {
  if (!isGiven(given)) return []
  if (!isObject(given)) return unreadable(categories, field, given)
  const isDoubtful = (name: string) => (saidBy(given[name]) ?? 'allowed') !== 'allowed'
  return [
    ...categories.flatMap((category): Stated[] => {
      const said = Object.hasOwn(given, category) ? saidBy(given[category]) : undefined
      return said === undefined ? [] : [[category, statement(said, `${field}.${category}`, given[category])]]
    }),
    ...[...alike(Object.keys(given), categories, isDoubtful)].map(([category, name]): Stated => [
      category,
      statement('unreadable', `${field}.${name}`, given[name]),
    ]),
  ]
}

function ofIds(
  ids: readonly unknown[],
  field: string,
  categories: readonly string[],
  said: 'allowed' | 'denied',
): Stated[] {
  const known = new Set(ids.map((id) => (typeof id === 'number' ? String(id) : id)))
  const odd = ids.find((id) => typeof id !== 'string' && typeof id !== 'number' && id !== null)
  return [
    ...(odd === undefined ? [] : unreadable(categories, field, odd)),
    ...categories.flatMap((category): Stated[] =>
      known.has(category) ? [[category, statement(said, field, category)]] : [],
    ),
    ...[...alike(said === 'denied' ? known : [], categories, () => true)].map(([category, name]): Stated => [
      category,
      statement('unreadable', field, name),
    ]),
  ]
}

/**
 * By category, a name that differs from it by case and blanks alone. Then it is not that category, but a denial of it may be
 * meant, so nobody is added in spite of it. One pass over the names, whatever the number of categories.
 */
function alike(
  names: Iterable<unknown>,
  categories: readonly string[],
  isMeant: (name: string) => boolean,
): Map<string, string> {
  const meant = Map.groupBy(categories, plain)
  const found = new Map<string, string>()
  for (const name of names) {
    if (typeof name !== 'string' || name.length > LONGEST_KEY) continue
    for (const category of meant.get(plain(name)) ?? [])
      if (category !== name && !found.has(category) && isMeant(name)) found.set(category, name)
  }
  return found
}

function plain(name: string): string {
  return name.trim().toLowerCase()
}

function unreadable(categories: readonly string[], field: string, given: unknown): Stated[] {
  const all = statement('unreadable', field, given)
  return categories.map((category) => [category, all])
}

const ALLOWED: Statement = { said: 'allowed', field: '', given: '' }

// Nobody is told about an allowance, so all of them are one.
function statement(said: Said, field: string, given: unknown): Statement {
  return said === 'allowed' ? ALLOWED : { said, field, given: inWords(given) }
}

const LONGEST_WORD = 20

/** A value of consent is no personal data, but a text in its place may be. */
function inWords(given: unknown): string {
  if (typeof given === 'boolean' || (typeof given === 'string' && given.length <= LONGEST_WORD)) return String(given)
  if (typeof given === 'string') return 'a longer text'
  if (typeof given === 'number') return 'a number'
  return Array.isArray(given) ? 'a list' : isObject(given) ? 'an object' : 'nothing'
}

const ALLOWANCES = new Set<unknown>([true, 'true', 1, '1'])
const DENIALS = new Set<unknown>([false, 'false', 0, '0'])
const SILENCES = new Set<unknown>([undefined, null, ''])

/** An allowance counts as it is written here alone. A denial is understood in any case, because it must not be lost. */
function flag(value: unknown): Said | undefined {
  if (ALLOWANCES.has(value)) return 'allowed'
  const word = typeof value === 'string' ? plain(value.slice(0, LONGEST_KEY)) : value
  if (SILENCES.has(word)) return undefined
  return DENIALS.has(word) ? 'denied' : 'unreadable'
}

/** Words that refuse, in English; some by their beginnings. */
const REFUSAL =
  /(?<![a-z])(?:no|non|none|not|never|out|optout|off|inactive|pending|(?:un|den|dis|refus|rejec|declin|withdr|revok|block|forbid)[a-z]+)(?![a-z])/i

/** A value beside the id of an allowed category: its name, such as "Functional", unless it may be a word of refusal. */
function allowedName(value: unknown): Said | undefined {
  const said = flag(value)
  return said === 'unreadable' && typeof value === 'string' && !REFUSAL.test(value) ? 'allowed' : said
}

const BY_STRENGTH = ['denied', 'unreadable', 'allowed'] as const

function strongest(all: readonly (Said | undefined)[]): Said | undefined {
  return BY_STRENGTH.find((said) => all.includes(said))
}

/** Of two statements the one that counts. */
export function stronger(first: Statement | undefined, second: Statement): Statement {
  return first && strongest([first.said, second.said]) === first.said ? first : second
}
