import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { MOST_USERS, usersIn } from '../../lib/erasure/erase-body.ts'
import type { Erasure, ErasureWarning, createErasure } from '../../lib/erasure/erasure.ts'
import { foundIn } from '../../lib/erasure/erasure-warning.ts'
import type { NamePeople } from '../../lib/erasure/named-people.ts'
import { unusedPlaces } from '../../lib/erasure/unused-places.ts'
import type { ErasedPeople } from '../../lib/erasure/erased-people.ts'
import type { ErasureList } from '../../lib/erasure/list-erasures.ts'
import type { ErasureRecord, ErasureRecords } from '../../lib/erasure/record.ts'
import { MOST_NAMED, note } from '../../lib/track/findings.ts'
import { personKeys } from '../../lib/track/event.ts'
import type { ParsedEvents } from '../../lib/track/event.ts'
import { isObject } from '../../lib/track/json-object.ts'
import type { JsonObject } from '../../lib/track/json-object.ts'
import { packMessages } from '../../lib/track/message.ts'
import type { Modes, UserList } from '../../lib/track/message.ts'
import type { ErasedPerson } from '../../lib/track/person.ts'
import { refusal, success } from './answer.ts'
import type { Refusal } from './answer.ts'
import type { SendMessages } from '../../lib/aws/queue.ts'
import { erasureAnswer } from './erasure-answer.ts'
import { refuse } from './refuse.ts'
import type { Report } from './report.ts'

/** What erasing needs beside the queue. */
export type Erasing = {
  namePeople: NamePeople
  plan: ReturnType<typeof createErasure>
  /** How many people may be erased at once: see `mostErasedAtOnce`. */
  most: number
  remember: ErasedPeople['remember']
  isErased: ErasedPeople['read']
  record: ErasureRecords['write']
  /** See `listErasures`. */
  list: (before: string | undefined) => Promise<ErasureList | undefined>
}

type Ingest = {
  erasing: () => Promise<Erasing>
  sendToRemovalQueue: SendMessages
  modes: Modes
  report: Report
  clock: () => number
  newId: () => string
}

type Kind = ErasureRecord['kind']
type Erased =
  | {
      ok: true
      erasure: Erasure
      record: ErasureRecord
      /** What was given and is of no use. */
      warnings: readonly ErasureWarning[]
      /** Places of the users who have no identifier that can be used. */
      unusable: readonly number[]
      /** How many people were not on the list, of those who are taken off it. */
      notErased: number
    }
  /** `found` says what was given and is of no use. */
  | { ok: false; reason: Refusal; found?: string | undefined }

/** People whom calls of a request erase. `record` is written when their removals are in the queue. */
type Called =
  | { ok: true; lists: readonly UserList[]; record?: ErasureRecord; warnings?: readonly ErasureWarning[] }
  | { ok: false; reason: Refusal; found?: string | undefined }

/** Memory and time of a request are enough for so many, each with several identifiers. */
const MOST_CALLS = 10_000

/** Answers `/v1/erase` and `/v1/unerase`. */
export async function answerErasure(
  kind: Kind,
  source: Source,
  json: object,
  queryKeys: readonly string[],
  ingest: Ingest,
): Promise<APIGatewayProxyResult> {
  if (!source.mayErase) return refuse(ingest.report, 'may_not_erase')
  const unknown = queryKeys.find((key) => key !== 'writeKey')
  if (unknown !== undefined)
    return refuse(ingest.report, 'query_key_unknown', `"${unknown.slice(0, 100)}" is no such key`)
  const asked = usersIn(json, kind)
  if (!asked.ok) return refuse(ingest.report, asked.problem, asked.found)
  const receivedAt = ingest.clock()
  const erased = await remembered(kind, asked.users, source, receivedAt, ingest)
  if (!erased.ok) return refuse(ingest.report, erased.reason, erased.found)
  const { erasure, record } = erased
  if (kind === 'erase') {
    const { removal } = packMessages(source.name, receivedAt, erasure.lists, ingest.modes)
    const stored = await ingest.sendToRemovalQueue(removal)
    if (!stored.ok) {
      ingest.report.requestFailed(source.name, stored.reason)
      return refusal('unavailable')
    }
  }
  if (!(await recorded(record, ingest))) return refusal('unavailable')
  return success(erasureAnswer(record, erased, erased.warnings))
}

/** Erases whom the `delete` and `suppress` calls of a request are about. Those that name nobody are rejected. */
export async function eraseCalled(
  { erasures, rejected }: ParsedEvents,
  source: Source,
  receivedAt: number,
  ingest: Ingest,
): Promise<Called> {
  if (erasures.length === 0) return { ok: true, lists: [] }
  if (erasures.length > MOST_CALLS) {
    ingest.report.refused('too_many_people')
    return { ok: false, reason: 'too_many_people' }
  }
  const calls = erasures.map(({ call }) => call)
  const erased = await remembered('erase', calls, source, receivedAt, ingest)
  if (!erased.ok && (erased.reason === 'too_many_users' || erased.reason === 'too_many_to_erase'))
    ingest.report.refused(erased.reason)
  if (!erased.ok && erased.reason !== 'no_identifier') return erased
  const { namePeople, plan } = await ingest.erasing()
  const foundOf = (call: JsonObject) => {
    const { people } = namePeople([call])
    const { warnings } = plan({ id: '', at: receivedAt, people })
    return foundIn([...warnings, ...unusedIn([call], people)], MOST_NAMED)
  }
  for (const place of erased.ok ? erased.unusable : calls.keys()) {
    const { index = 0, messageId = null, call = {} } = erasures[place] ?? {}
    // The others are only counted.
    const isTold = rejected.named.length < MOST_NAMED
    const found = isTold ? foundOf(call) : undefined
    note(rejected, { index, messageId, code: 'person_missing', keys: personKeys(call), ...(found && { found }) })
  }
  if (!erased.ok) return { ok: true, lists: [] }
  const { erasure, record, warnings } = erased
  return { ok: true, lists: erasure.lists, record, warnings }
}

/**
 * Writes down that people were erased, for the proof. It comes last: what was not answered 200 is repeated, and has a record
 * of its own. False when that failed.
 */
export async function recorded(record: ErasureRecord, { erasing, report }: Ingest): Promise<boolean> {
  const { id: messageId, kind, source, users } = record
  try {
    await (await erasing()).record(record)
  } catch (error) {
    report.requestFailed(source, error instanceof Error ? error.name : 'unknown')
    return false
  }
  report.erased({ kind, messageId, source, count: users })
  return true
}

function unusedIn(users: readonly unknown[], people: readonly ErasedPerson[]): ErasureWarning[] {
  const texts = users.filter((user) => !isObject(user)).length
  return [
    ...[...unusedPlaces(users, people)].map(([field, count]) => ({ code: 'key_unused', field, count })),
    ...(texts > 0 ? [{ code: 'user_not_an_object', field: 'users', count: texts }] : []),
  ]
}

/**
 * Puts people on the list of the erased, or takes them off it. Only then may removals be queued: an add that overtakes them
 * is left out already. To repeat this does no harm.
 */
async function remembered(
  kind: Kind,
  given: readonly unknown[],
  source: Source,
  at: number,
  { erasing, report, newId }: Ingest,
): Promise<Erased> {
  const { namePeople, plan, most, remember, isErased } = await erasing()
  const id = newId()
  const { people, places } = namePeople(given)
  if (people.length > MOST_USERS) return { ok: false, reason: 'too_many_users' }
  if (people.length > most)
    return { ok: false, reason: 'too_many_to_erase', found: `send at most ${most.toLocaleString('en')} at once` }
  const erasure = plan({ id, at, people })
  const users = people.length - erasure.unusable.length
  const warnings = [...erasure.warnings, ...unusedIn(given, people)]
  if (users === 0) return { ok: false, reason: 'no_identifier', found: foundIn(warnings, MOST_NAMED) }
  const without = new Set(erasure.unusable)
  const usable = new Set(places.filter((_, place) => !without.has(place)))
  const unusable = given.flatMap((_, place) => (usable.has(place) ? [] : [place]))
  let notErased: number
  try {
    const is = kind === 'unerase' ? await isErased() : undefined
    notErased = [...erasure.identifiersAt.values()].filter((own) => !own.some((each) => is?.(each))).length
    await remember(erasure.identifiers, kind === 'erase' ? 'erased' : 'unerased')
  } catch (error) {
    report.requestFailed(source.name, error instanceof Error ? error.name : 'unknown')
    return { ok: false, reason: 'unavailable' }
  }
  const { removals, notSent } = kind === 'erase' ? erasure : { removals: [], notSent: [] }
  return {
    ok: true,
    erasure,
    warnings,
    unusable,
    notErased,
    record: { id, at, kind, source: source.name, users, removals, notSent },
  }
}
