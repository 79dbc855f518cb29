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
import type { Report } from './report.ts'

/** What erasing needs beside the queue. */
export type Erasing = {
  plan: ReturnType<typeof createErasure>
  remember: ErasedPeople['remember']
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
type Erased = { ok: true; id: string; erasure: Erasure } | { ok: false; reason: Refusal }

/** Answers `/v1/erase` and `/v1/unerase`. */
export async function answerErasure(
  kind: Kind,
  source: Source,
  json: object,
  ingest: Ingest,
): Promise<APIGatewayProxyResult> {
  const refuse = (reason: Refusal) => {
    ingest.report.refused(reason)
    return refusal(reason)
  }
  if (!source.mayErase) return refuse('may_not_erase')
  const asked = peopleIn(json, kind)
  if (!asked.ok) return refuse(asked.problem)
  const receivedAt = ingest.clock()
  const erased = await remembered(kind, asked.people, source, receivedAt, ingest)
  if (!erased.ok) return refuse(erased.reason)
  const { id, erasure } = erased
  if (kind === 'erase') {
    const stored = await ingest.sendToRemovalQueue(packMessages(source.name, receivedAt, erasure.lists).removal)
    if (!stored.ok) {
      ingest.report.requestFailed(source.name, stored.reason)
      return refusal('unavailable')
    }
  }
  return success(erasureAnswer(kind, id, asked.people.length, erasure))
}

/** Erases whom the `delete` and `suppress` calls of a request are about. Those that name nobody are rejected. */
export async function eraseCalled(
  { erasures, rejected }: ParsedEvents,
  source: Source,
  receivedAt: number,
  ingest: Ingest,
): Promise<{ ok: true; lists: readonly UserList[] } | { ok: false; reason: Refusal }> {
  if (erasures.length === 0) return { ok: true, lists: [] }
  const people = erasures.map(({ call }) => call)
  const erased = await remembered('erase', people, source, receivedAt, ingest)
  const unusable = erased.ok ? erased.erasure.unusable : people.map((_, place) => place)
  if (!erased.ok && erased.reason !== 'no_identifier') return erased
  for (const place of unusable) {
    const { index = 0, messageId = null, call = {} } = erasures[place] ?? {}
    note(rejected, { index, messageId, code: 'person_missing', keys: personKeys(call) })
  }
  return { ok: true, lists: erased.ok ? erased.erasure.lists : [] }
}

/**
 * Puts people on the list of the erased, or takes them off it, and records that. Only then may removals be queued: an add
 * that overtakes them is left out already. To repeat all of this does no harm.
 */
async function remembered(
  kind: Kind,
  people: readonly JsonObject[],
  source: Source,
  at: number,
  { erasing, report, newId }: Ingest,
): Promise<Erased> {
  const { plan, remember, record } = await erasing()
  const id = newId()
  const erasure = plan({ id, at, people })
  const users = people.length - erasure.unusable.length
  if (users === 0) return { ok: false, reason: 'no_identifier' }
  try {
    await remember(erasure.identifiers, kind === 'erase' ? 'erased' : 'unerased')
    await record({
      ...{ id, at, kind, source: source.name, users },
      removals: kind === 'erase' ? erasure.removals : [],
    })
  } catch (error) {
    report.requestFailed(source.name, error instanceof Error ? error.name : 'unknown')
    return { ok: false, reason: 'unavailable' }
  }
  report.erased({ kind, messageId: id, source: source.name, count: users })
  return { ok: true, id, erasure }
}

const WHAT_WILL_HAPPEN = {
  erase:
    'These people are remembered as erased from now on: no add of them is sent any more, whatever its time. Their removals are queued and sent within minutes.',
  unerase:
    'These people are no longer remembered as erased. Nobody is added by this; an add that comes from now on is sent.',
} as const

function erasureAnswer(
  kind: Kind,
  id: string,
  users: number,
  { unusable, misspelt, removals, notSent }: Erasure,
): object {
  return {
    id,
    users: users - unusable.length,
    message: WHAT_WILL_HAPPEN[kind],
    ...(kind === 'erase' && { removals: removals.filter((removal) => removal.users > 0) }),
    ...(kind === 'erase' &&
      notSent.length > 0 && { notSent: notSent.map((destination) => ({ destination, code: 'dry_run' })) }),
    ...(unusable.length > 0 && {
      rejected: unusable.slice(0, MOST_NAMED).map((index) => ({ index, code: 'no_identifier' })),
      rejectedCount: unusable.length,
    }),
    ...(misspelt.size > 0 && {
      warnings: [...misspelt]
        .slice(0, MOST_NAMED)
        .map(([field, suggestion]) => ({ code: 'field_unknown', field: field.slice(0, 100), suggestion })),
    }),
  }
}
