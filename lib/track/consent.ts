import type { ConsentSetting } from '../config/consent-schema.ts'
import { isGiven, isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/** What is said of a category. `unreadable` is neither true nor false: it may be a denial. */
export type Said = 'allowed' | 'denied' | 'unreadable'

/** What a call says, by category. Of a category that is not in it, the call says nothing. */
export type CallConsent = ReadonlyMap<string, Said>

type Statement = readonly [category: string, said: Said]

/**
 * What a call says of these categories. Where it says several things of one, a denial counts before anything else.
 *
 * Sources: Segment's "Consent in Segment Connections", `context.consent`; RudderStack's "Add the consent object to event
 * payloads", `context.consentManagement`, and processor/consent.go of rudder-server. Older SDKs tell `deniedConsentIds`
 * alone, and those with OneTrust or Ketch `allowedConsents` too, as a list or as an object of names by id.
 */
export function readConsent({ context }: JsonObject, categories: readonly string[]): CallConsent {
  const { consent, consentManagement } = isObject(context) ? context : {}
  const statements = [...ofSegment(consent, categories), ...ofRudderStack(consentManagement, categories)]
  const found = new Map<string, Said>()
  for (const [category, said] of statements) found.set(category, strongest([found.get(category), said]) ?? said)
  return found
}

/** What a record says of all categories by a column `consent`; undefined where it has none. */
export function consentOfRecord({ fields, identifiers }: JsonObject): Said | undefined {
  return strongest([ownConsent(fields), ownConsent(identifiers)])
}

/** What a user says by a key `consent`, written like any other key of users: in any case, with blanks around it. */
export function ownConsent(user: unknown): Said | undefined {
  let said: Said | undefined
  if (isObject(user)) for (const key in user) if (isConsentKey(key)) said = strongest([said, flag(user[key])])
  return said
}

/** Longer keys are not trimmed. */
const LONGEST_KEY = 64

/** Whether a user's key is that of the user's own consent. */
export function isConsentKey(key: string): boolean {
  return key.length <= LONGEST_KEY && key.trim().toUpperCase() === 'CONSENT'
}

/** What is known of a person's consent to a destination, and the category that decides. */
export type Consent = { said: Said | 'unknown'; category: string | undefined }

/** What a call says about the consent that a destination needs, which is that to all its categories. */
export function consentTo({ categories }: ConsentSetting, call: CallConsent): Consent {
  for (const said of ['denied', 'unreadable', undefined] as const) {
    const category = categories.find((each) => call.get(each) === said)
    if (category !== undefined) return { said: said ?? 'unknown', category }
  }
  return { said: 'allowed', category: undefined }
}

/** Whether a person may be added to a destination. */
export function mayAdd({ unknown }: ConsentSetting, { said }: Pick<Consent, 'said'>): boolean {
  return said === 'allowed' || (said === 'unknown' && unknown === 'send')
}

function ofSegment(consent: unknown, categories: readonly string[]): Statement[] {
  if (consent === undefined || consent === null) return []
  if (!isObject(consent)) return unreadable(categories)
  const { categoryPreferences, ...others } = consent
  // What says something in another place may be a denial.
  if (!isGiven(categoryPreferences)) return Object.keys(others).length > 0 ? unreadable(categories) : []
  return ofPlace(categoryPreferences, categories, (given, category) => flag(given[category]))
}

function ofRudderStack(management: unknown, categories: readonly string[]): Statement[] {
  if (management === undefined || management === null) return []
  if (!isObject(management)) return unreadable(categories)
  const { allowedConsentIds, allowedConsents, deniedConsentIds, deniedConsents, ...others } = management
  const lists = [allowedConsentIds, allowedConsents, deniedConsentIds, deniedConsents]
  const { enabled: _, provider: __, resolutionStrategy: ___, ...unknown } = others
  if (!lists.some(isGiven)) return Object.keys(unknown).length > 0 ? unreadable(categories) : []
  return [
    ...[allowedConsentIds, allowedConsents].flatMap((given) =>
      Array.isArray(given)
        ? ofIds(given, categories, 'allowed')
        : ofPlace(given, categories, (names, category) => allowedName(names[category])),
    ),
    ...[deniedConsentIds, deniedConsents].flatMap((given) =>
      Array.isArray(given) ? ofIds(given, categories, 'denied') : ofPlace(given, categories, () => 'denied'),
    ),
  ]
}

/** What an object says of the categories that it has; one that is something else may say anything. */
function ofPlace(
  given: unknown,
  categories: readonly string[],
  saidOf: (given: JsonObject, category: string) => Said | undefined,
): Statement[] {
  if (given === undefined || given === null) return []
  if (!isObject(given)) return unreadable(categories)
  return categories.flatMap((category): Statement[] => {
    const said = Object.hasOwn(given, category) ? saidOf(given, category) : undefined
    if (said !== undefined) return [[category, said]]
    const isDeniedAlike = Object.keys(given).some((key) => isAlike(key, category) && saidOf(given, key) === 'denied')
    return isDeniedAlike ? [[category, 'unreadable']] : []
  })
}

/**
 * Whether a name differs from a category by case and blanks alone. Then it is not that category, but a denial of it may be
 * meant, so nobody is added in spite of it.
 */
function isAlike(name: unknown, category: string): boolean {
  return typeof name === 'string' && name.length <= LONGEST_KEY && plain(name) === plain(category)
}

function plain(name: string): string {
  return name.trim().toLowerCase()
}

function ofIds(ids: readonly unknown[], categories: readonly string[], said: Said): Statement[] {
  const known = new Set(ids.map((id) => (typeof id === 'number' ? String(id) : id)))
  const isReadable = [...known].every((id) => typeof id === 'string' || id === null)
  return [
    ...(isReadable ? [] : unreadable(categories)),
    ...categories.flatMap((category): Statement[] => {
      if (known.has(category)) return [[category, said]]
      const isMeant = said === 'denied' && [...known].some((id) => isAlike(id, category))
      return isMeant ? [[category, 'unreadable']] : []
    }),
  ]
}

function unreadable(categories: readonly string[]): Statement[] {
  return categories.map((category) => [category, 'unreadable'])
}

/** A value beside the id of an allowed category: a name such as "Functional", unless it says that it is not allowed. */
function allowedName(value: unknown): Said | undefined {
  const said = flag(value)
  return said === 'unreadable' && typeof value === 'string' ? 'allowed' : said
}

const FLAGS = new Map<unknown, Said | undefined>([
  ...[true, 'true', 1, '1'].map((value) => [value, 'allowed'] as const),
  ...[false, 'false', 0, '0'].map((value) => [value, 'denied'] as const),
  ...[undefined, null, ''].map((value) => [value, undefined] as const),
])

function flag(value: unknown): Said | undefined {
  const plain = typeof value === 'string' ? value.slice(0, LONGEST_KEY).trim().toLowerCase() : value
  return FLAGS.has(plain) ? FLAGS.get(plain) : 'unreadable'
}

const BY_STRENGTH = ['denied', 'unreadable', 'allowed'] as const

function strongest(all: readonly (Said | undefined)[]): Said | undefined {
  return BY_STRENGTH.find((said) => all.includes(said))
}
