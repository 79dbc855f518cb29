import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { peopleIn } from '../../lib/erasure/erase-body.ts'
import type { Erasure, createErasure } from '../../lib/erasure/erasure.ts'
import type { ErasedPeople } from '../../lib/erasure/erased-people.ts'
import type { ErasureList } from '../../lib/erasure/list-erasures.ts'
import type { ErasureRecord, ErasureRecords } from '../../lib/erasure/record.ts'
import { MOST_NAMED, note } from '../../lib/track/findings.ts'
import { personKeys } from '../../lib/track/event.ts'
import type { ParsedEvents } from '../../lib/track/event.ts'
import type { JsonObject } from '../../lib/track/json-object.ts'
import { packMessages } from '../../lib/track/message.ts'
import type { UserList } from '../../lib/track/message.ts'
import { refusal, success } from './answer.ts'
import type { Refusal } from './answer.ts'
import type { SendMessages } from '../../lib/aws/queue.ts'
import { refuse } from './refuse.ts'
import type { Report } from './report.ts'

/** What erasing needs beside the queue. */
export type Erasing = {
  plan: ReturnType<typeof createErasure>
  remember: ErasedPeople['remember']
  isErased: ErasedPeople['read']
  record: ErasureRecords['write']
  /** See `listErasures`. */
  list: (before: string | undefined) => Promise<ErasureList | undefined>
}

type Ingest = {
  erasing: () => Promise<Erasing>
  sendToRemovalQueue: SendMessages
  report: Report
  clock: () => number
  newId: () => string
}

type Kind = ErasureRecord['kind']
type Erased =
  | { ok: true; erasure: Erasure; record: ErasureRecord }
  /** `found` says what was given and is of no use. */
  | { ok: false; reason: Refusal; found?: string | undefined }

/** People whom calls of a request erase. `record` is written when their removals are in the queue. */
type Called = { ok: true; lists: readonly UserList[]; record?: ErasureRecord } | { ok: false; reason: Refusal }

/** Memory and time of a request are enough for so many, each with several identifiers. */
const MOST_CALLS = 10_000

/** Answers `/v1/erase` and `/v1/unerase`. */
export async function answerErasure(
  kind: Kind,
  source: Source,
  json: object,
  ingest: Ingest,
): Promise<APIGatewayProxyResult> {
  if (!source.mayErase) return refuse(ingest.report, 'may_not_erase')
  const asked = peopleIn(json, kind)
  if (!asked.ok) return refuse(ingest.report, asked.problem)
  const receivedAt = ingest.clock()
  const erased = await remembered(kind, asked.people, source, receivedAt, ingest)
  if (!erased.ok) return refuse(ingest.report, erased.reason, erased.found)
  const { erasure, record } = erased
  if (kind === 'erase') {
    const stored = await ingest.sendToRemovalQueue(packMessages(source.name, receivedAt, erasure.lists).removal)
    if (!stored.ok) {
      ingest.report.requestFailed(source.name, stored.reason)
      return refusal('unavailable')
    }
  }
  if (!(await recorded(record, ingest))) return refusal('unavailable')
  return success(erasureAnswer(record, erasure))
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
  const people = erasures.map(({ call }) => call)
  const erased = await remembered('erase', people, source, receivedAt, ingest)
  const unusable = erased.ok ? erased.erasure.unusable : people.map((_, place) => place)
  if (!erased.ok && erased.reason !== 'no_identifier') return erased
  for (const place of unusable) {
    const { index = 0, messageId = null, call = {} } = erasures[place] ?? {}
    note(rejected, { index, messageId, code: 'person_missing', keys: personKeys(call) })
  }
  return erased.ok ? { ok: true, lists: erased.erasure.lists, record: erased.record } : { ok: true, lists: [] }
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

/** What was given in place of an identifier, by name and without any value. */
function foundIn({ warnings }: Erasure): string | undefined {
  if (warnings.length === 0) return undefined
  const each = warnings.map(({ code, field, suggestion }) =>
    suggestion === undefined ? `${field} is of no use (${code})` : `"${field}" was probably meant as ${suggestion}`,
  )
  return each.slice(0, MOST_NAMED).join(', ')
}

/**
 * Puts people on the list of the erased, or takes them off it. Only then may removals be queued: an add that overtakes them
 * is left out already. To repeat this does no harm.
 */
async function remembered(
  kind: Kind,
  people: readonly JsonObject[],
  source: Source,
  at: number,
  { erasing, report, newId }: Ingest,
): Promise<Erased> {
  const { plan, remember } = await erasing()
  const id = newId()
  const erasure = plan({ id, at, people })
  const users = people.length - erasure.unusable.length
  if (users === 0) return { ok: false, reason: 'no_identifier', found: foundIn(erasure) }
  try {
    await remember(erasure.identifiers, kind === 'erase' ? 'erased' : 'unerased')
  } catch (error) {
    report.requestFailed(source.name, error instanceof Error ? error.name : 'unknown')
    return { ok: false, reason: 'unavailable' }
  }
  const { removals, notSent } = kind === 'erase' ? erasure : { removals: [], notSent: [] }
  return { ok: true, erasure, record: { id, at, kind, source: source.name, users, removals, notSent } }
}

const WHAT_WILL_HAPPEN = {
  erase:
    'These people are remembered as erased from now on: no row with one of these identifiers is added any more, whatever its time. Their removals are queued and sent within minutes.',
  unerase:
    'These identifiers keep nobody out any longer. Other identifiers of the same people still do. Nobody is added by this; an add that happens from now on is sent.',
} as const

const NOBODY_REMOVED =
  'These people are remembered as erased from now on: no row with one of these identifiers is added any more. But nobody is removed: "notSent" says why, for each destination. Whoever is in an audience stays in.'

const NOT_EVERYWHERE = ' In the destinations of "notSent" they stay as they are: each says why.'

function erasureAnswer({ id, kind, users, removals, notSent }: ErasureRecord, { unusable, warnings }: Erasure): object {
  const from = removals.filter((removal) => removal.users > 0)
  const effect = `${WHAT_WILL_HAPPEN[kind]}${notSent.length > 0 ? NOT_EVERYWHERE : ''}`
  return {
    id,
    users,
    message: kind === 'erase' && from.length === 0 ? NOBODY_REMOVED : effect,
    ...(kind === 'erase' && { removals: from }),
    ...(notSent.length > 0 && { notSent }),
    ...(unusable.length > 0 && {
      rejected: unusable.slice(0, MOST_NAMED).map((index) => ({ index, code: 'no_identifier' })),
      rejectedCount: unusable.length,
    }),
    ...(warnings.length > 0 && { warnings: warnings.slice(0, MOST_NAMED) }),
  }
}
