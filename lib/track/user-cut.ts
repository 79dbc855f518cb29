import { suggestField } from '../config/field-suggestion.ts'
import { ofFieldSet } from '../config/field-set.ts'
import type { Mapping } from '../config/audience-mapping.ts'
import { canMatch, createSpellings, fieldOfKey, isAbsent } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { isConsentKey, ownConsent } from './consent.ts'
import { isGarbled } from './garbled.ts'
import { isObject } from './json-object.ts'
import type { QueuedUser } from './message.ts'

/**
 * The longest value that is kept. Meta matches nothing longer, and a longer value could keep a message from fitting
 * into its queue.
 */
const MAX_VALUE_LENGTH = 2_000

/** Replaces a value that is too long or nested, so that the consumer reports it like any other unusable value. */
export const UNUSABLE = {}

type UnknownField = { count: number; suggestion: SchemaField | undefined }

/** What is wrong with the users of an event, in numbers of users. */
export type UserFindings = {
  notObjects: number
  /** Users without a combination of fields that Meta can match. */
  cannotMatch: number
  /** Values that are not UTF-8, by field; undefined while there are none, as in most events. */
  invalidEncoding: Map<SchemaField, number> | undefined
  /** Fields of Meta's that no destination of the event has in its schema. */
  notInSchema: Map<SchemaField, number> | undefined
  /** Keys that are no field of Meta's. */
  unknown: Map<string, UnknownField> | undefined
  /** How many more such keys there are after the first fifty different ones. */
  moreUnknown: number
  /** Users who say their own consent, by the names of the destinations that do not ask for it. */
  consentUnused: Map<readonly string[], number> | undefined
  /** E-mail addresses where the call about a person should have an EXTERN_ID. */
  emailsAsId: number
}

export function noUserFindings(): UserFindings {
  return {
    notObjects: 0,
    cannotMatch: 0,
    invalidEncoding: undefined,
    notInSchema: undefined,
    unknown: undefined,
    moreUnknown: 0,
    consentUnused: undefined,
    emailsAsId: 0,
  }
}

/** Cuts a user to the fields that its mapping needs; null for something else than an object. */
export type CutUser = (user: unknown, findings: UserFindings) => QueuedUser

/** Compiles the fields of a mapping to the function that cuts its users, and notes what they have beside these. */
export function createUserCut({ destinations, fields }: Mapping): CutUser {
  const spellingOf = createSpellings(fields)
  const deaf = destinations.flatMap(({ name, consent }) => (consent === undefined ? [name] : []))
  const isAsked = deaf.length < destinations.length
  // Enough for at least one of the destinations.
  const isMatchable = ofFieldSet(fields, (present) =>
    destinations.some(({ userSchema }) => canMatch(present.filter((field) => userSchema.includes(field)))),
  )
  return (user, findings) => {
    if (!isObject(user)) {
      findings.notObjects += 1
      return null
    }
    let hasConsent = false
    const values = new Array<unknown>(fields.length)
    const ranks = new Array<number>(fields.length).fill(2 * NO_RANK)
    for (const key of Object.keys(user)) {
      const value = user[key]
      if (isAbsent(value)) continue
      const spelling = key.length > LONGEST_KEY ? undefined : spellingOf(key)
      if (spelling === undefined) {
        if (isConsentKey(key)) hasConsent = true
        else noteUnused(key, findings)
      } else {
        // A blank in one spelling does not hide what another has.
        const rank = isUseless(value) ? spelling.rank + NO_RANK : spelling.rank
        if (rank >= (ranks[spelling.slot] ?? 0)) continue
        values[spelling.slot] = value
        ranks[spelling.slot] = rank
      }
    }
    // Where some destination asks, an allowance is no news to the others.
    if (hasConsent && deaf.length > 0 && !(isAsked && ownConsent(user) === 'allowed'))
      countIn((findings.consentUnused ??= new Map<readonly string[], number>()), deaf)
    const cut: Record<string, unknown> = {}
    let present = 0
    for (const [slot, field] of fields.entries()) {
      const value = values[slot]
      if (value === undefined) continue
      present |= 1 << slot
      cut[field] = isShort(value) ? value : UNUSABLE
      if (isGarbled(value)) countIn((findings.invalidEncoding ??= new Map<SchemaField, number>()), field)
    }
    if (!isMatchable(present)) findings.cannotMatch += 1
    return cut
  }
}

const NO_RANK = 3

/** Whether a value is neither absent nor a blank text. */
export function hasValue(value: unknown): boolean {
  return !isAbsent(value) && !(typeof value === 'string' && value.trim() === '')
}

/** Whether a value says nothing of anybody: a blank text, true or false, an object, or a list without any value. */
export function isUseless(value: unknown): boolean {
  if (typeof value === 'string') return value.charCodeAt(0) > 32 ? false : value.trim() === ''
  return typeof value === 'boolean' || isObject(value) || (Array.isArray(value) && value.length === 0)
}

const EMAIL = /.[@＠]./s
/** The sign of an address also as forms, links and pages write it: `%40`, `&#64;`. */
const ENCODED_EMAIL = /.(?:[@＠﹫]|%(?:25)*40|&(?:#0*64|#x0*40|commat);)./is

// An EXTERN_ID is sent as it is, so an e-mail address in its place would leave the house unhashed. What is nested deeper
// is of no use to anybody.
export function isEmail(value: unknown): boolean {
  return someText(value, (text) => EMAIL.test(text))
}

/** The same, also for an encoded address. Erasures do not ask this: whoever is in by such an id, from a list, must get out. */
export function mayBeEmail(value: unknown): boolean {
  return someText(value, (text) => ENCODED_EMAIL.test(text))
}

function someText(value: unknown, test: (text: string) => boolean): boolean {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  return texts.some((text) => typeof text === 'string' && test(text.trim()))
}

/** Longer keys cannot be a field, and keys are remembered. */
export const LONGEST_KEY = 64

/** How many different keys are compared with known names. More are made up, and comparing them costs time. */
const MOST_UNKNOWN = 50

/** Notes a key of a user that is none of the fields that are kept. */
export function noteUnused(key: string, findings: UserFindings): void {
  const field = key.length > LONGEST_KEY ? undefined : fieldOfKey(key)
  if (field === undefined) noteUnknown(key, findings)
  else countIn((findings.notInSchema ??= new Map<SchemaField, number>()), field)
}

function noteUnknown(key: string, findings: UserFindings): void {
  const unknown = (findings.unknown ??= new Map<string, UnknownField>())
  const known = unknown.get(key)
  if (known) known.count += 1
  else if (unknown.size < MOST_UNKNOWN) unknown.set(key, { count: 1, suggestion: suggestField(key) })
  else findings.moreUnknown += 1
}

function countIn<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

// A loop in place of recursion: JSON may be nested deeper than the stack.
function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_VALUE_LENGTH
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.every((item) => typeof item !== 'object') && values.join().length <= MAX_VALUE_LENGTH
}
