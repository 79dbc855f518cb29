import { createHash } from 'node:crypto'
import { invalidParameter } from './graph-error.ts'
import type { SessionBatch } from './session-parameter.ts'
import type { Settings } from './settings.ts'

const HOUR = 3_600_000
const SESSION_LIFE = 90 * 60_000

/** An upload session that the advertiser numbered. Its id is unique in the ad account. */
export type Session = {
  id: string
  audienceId: string
  method: string
  schema: string
  startedAt: number
  isEnded: boolean
  numReceived: number
  numInvalid: number
}

/** The sessions of an ad account by id. An id has more than one only when it was used for several audiences or methods. */
export type Sessions = Map<string, Session[]>

/** A batch of a session, and where it belongs. */
export type Batch = SessionBatch & {
  audienceId: string
  method: string
  schema: string | string[]
  received: number
  invalid: number
}

/**
 * Takes a batch into its session, which begins with the first batch that arrives (whatever its number) and ends with
 * `last_batch_flag` or 90 minutes later; batch 1 begins an ended one anew. A late batch is answered but not applied.
 * Source: Meta's customer file guide. Inferred: the refusals, and that the last batch ends a session for latecomers.
 */
export function takeBatch(
  sessions: Sessions,
  batch: Batch,
  now: number,
  { lateBatches, sessionReuse }: Pick<Settings, 'lateBatches' | 'sessionReuse'>,
): { session: Session; isLate: boolean } {
  const isOpen = (session: Session) => !session.isEnded && now < session.startedAt + SESSION_LIFE
  const sameId = sessions.get(batch.sessionId) ?? []
  const known = sameId.find(({ audienceId, method }) => audienceId === batch.audienceId && method === batch.method)
  if (sessionReuse === 'refuse' && sameId.some((session) => session !== known && isOpen(session)))
    throw invalidParameter('The session_id is in use for another audience or operation of this ad account')

  const schema = JSON.stringify(batch.schema)
  if (known !== undefined && isOpen(known)) {
    if (known.schema !== schema) throw invalidParameter('The schema must not change within a session')
    return { session: counted(known, batch), isLate: false }
  }
  if (known !== undefined && batch.batchSeq !== '1') {
    if (lateBatches === 'refuse') throw invalidParameter('The session has ended')
    return { session: known, isLate: true }
  }
  const { sessionId: id, audienceId, method } = batch
  const session = { id, audienceId, method, schema, startedAt: now, isEnded: false, numReceived: 0, numInvalid: 0 }
  sessions.set(id, [...sameId.filter((other) => other !== known), session])
  return { session: counted(session, batch), isLate: false }
}

function counted(session: Session, batch: Batch): Session {
  session.numReceived += batch.received
  session.numInvalid += batch.invalid
  session.isEnded = batch.isLast
  return session
}

/**
 * The session id of a request that names none. Recordings show one id per method, schema and hour in an ad account;
 * how Meta makes it is not known, so this is a hash of those.
 */
export function serverSessionId(accountId: string, method: string, schema: string | string[], now: number): string {
  const hour = Math.floor(now / HOUR)
  const hash = createHash('sha256')
    .update(JSON.stringify([accountId, method, schema, hour]))
    .digest()
  return String(hash.readBigUInt64BE() >> 1n)
}

/** The answer of `GET /{audience}/sessions`: all strings, and still "uploading" after the last batch, as recorded. */
export function sessionList(sessions: Sessions, audienceId: string, sessionId: unknown) {
  const listed = [...sessions.values()]
    .flat()
    .filter((session) => session.audienceId === audienceId && (sessionId === undefined || session.id === sessionId))
  return {
    data: listed.map((session) => ({
      session_id: session.id,
      start_time: String(Math.floor(session.startedAt / 1000)),
      end_time: '0',
      num_received: String(session.numReceived),
      num_matched: '-1',
      num_invalid_entries: String(session.numInvalid),
      progress: '0',
      stage: 'uploading',
    })),
  }
}
