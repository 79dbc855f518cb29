import * as v from 'valibot'
import type { Change, Direction } from '../audience/change.ts'
import { identifiersOf } from '../audience/identifiers.ts'
import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { MAX_MESSAGE_BYTES, toQueueJson } from '../track/message.ts'
import type { OutgoingMessage } from '../track/message.ts'

const fieldNames = Object.keys(SCHEMA_FIELDS) as [SchemaField, ...SchemaField[]]
const cell = v.union([v.string(), v.number(), v.array(v.string())])
/** JSON may hold numbers that are not finite, such as 1e999. */
const time = v.pipe(v.number(), v.finite())

// The marks of a row are bits of one number. At most one of the first, third and fourth is set.
const REFUSED_ALONE = 1
const WRITTEN_DOWN = 2
const UNANSWERED_ALONE = 4
const SUSPECTED = 8
const SINGLED_OUT = { refused: REFUSED_ALONE, unanswered: UNANSWERED_ALONE, suspected: SUSPECTED } as const
const marks = v.picklist([0, 1, 4, 8].flatMap((alone) => [alone, alone | WRITTEN_DOWN]))
/**
 * Event time, time of the first failure (0: none), cells, marks, waiting since when (0: as the message), and the mark of an
 * erasure.
 */
const rows = v.array(
  v.union([
    v.strictTuple([time, time, v.array(cell)]),
    v.strictTuple([time, time, v.array(cell), marks]),
    v.strictTuple([time, time, v.array(cell), marks, time]),
    v.strictTuple([time, time, v.array(cell), marks, time, v.string()]),
  ]),
)

const retryMessageSchema = v.object({
  version: v.literal(1),
  kind: v.literal('rows'),
  destination: v.string(),
  audienceIds: v.pipe(v.array(v.string()), v.minLength(1)),
  schema: v.array(v.picklist(fieldNames)),
  /** Seconds still to wait after the first receive: SQS delays a message by at most 15 minutes. */
  thenWait: v.exactOptional(time),
  /** When these rows began to wait, in ms since 1970, except for rows that have a time of their own. */
  waitingSince: v.exactOptional(time),
  /** How many rows to send at once, after requests that were too large or too slow. */
  atOnce: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  add: rows,
  remove: rows,
})

/**
 * Rows that wait for one audience or several: normalised and hashed, with their times. Both directions share a message,
 * so that they come back together.
 */
type WaitingRows = Omit<v.InferOutput<typeof retryMessageSchema>, 'version' | 'kind' | 'schema' | Direction> & {
  schema: readonly SchemaField[]
} & Record<Direction, readonly Change[]>

/**
 * Packs rows into as few messages as hold them, removals first. Each message is made when it is asked for. The retry
 * queue and the dead letters share this form. If the message has a `waitingSince`, rows that have not waited yet wait
 * since `now`.
 */
export function* packRows(rows: WaitingRows, now = rows.waitingSince): Iterable<OutgoingMessage> {
  const { add, remove, ...head } = rows
  const start = toQueueJson({ version: 1, kind: 'rows', ...head }).slice(0, -1)
  const room = MAX_MESSAGE_BYTES - Buffer.byteLength(`${start},"remove":[],"add":[]}`)
  let pending: Record<Direction, string[]> = { add: [], remove: [] }
  let pendingBytes = 0
  const message = () => {
    const body = `${start},"remove":[${pending.remove.join(',')}],"add":[${pending.add.join(',')}]}`
    return { body, bytes: Buffer.byteLength(body) }
  }
  for (const [direction, changes] of [
    ['remove', remove],
    ['add', add],
  ] as const)
    for (const change of changes) {
      const row = rowJson(change, head.waitingSince, now)
      const bytes = Buffer.byteLength(row) + 1
      if (pendingBytes > 0 && pendingBytes + bytes > room) {
        yield message()
        pending = { add: [], remove: [] }
        pendingBytes = 0
      }
      pending[direction].push(row)
      pendingBytes += bytes
    }
  if (pendingBytes > 0) yield message()
}

function rowJson(change: Change, headSince: number | undefined, now: number | undefined): string {
  const { at, firstFailedAt = 0, cells, waitingSince = now, singledOut, isWrittenDown, erasure } = change
  const marked = (singledOut ? SINGLED_OUT[singledOut] : 0) | (isWrittenDown ? WRITTEN_DOWN : 0)
  const since = headSince !== undefined && waitingSince !== undefined && waitingSince !== headSince ? waitingSince : 0
  if (erasure !== undefined) return toQueueJson([at, firstFailedAt, cells, marked, since, erasure])
  if (since > 0) return toQueueJson([at, firstFailedAt, cells, marked, since])
  return toQueueJson(marked > 0 ? [at, firstFailedAt, cells, marked] : [at, firstFailedAt, cells])
}

/** Reads a message of the retry queue or a redriven dead letter; undefined when it is neither. */
export function decodeRows(body: string): WaitingRows | undefined {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return undefined
  }
  const parsed = v.safeParse(retryMessageSchema, json)
  if (!parsed.success) return undefined
  const { version: _, kind: __, add, remove, waitingSince, ...head } = parsed.output
  if ([...add, ...remove].some(([, , cells]) => cells.length !== head.schema.length)) return undefined
  const changesOf = (direction: typeof add): Change[] =>
    direction.map(([at, failedAt, cells, marks = 0, rowSince = 0, erasure]) => {
      const since = rowSince > 0 ? rowSince : waitingSince
      return {
        cells,
        identifiers: identifiersOf(head.schema, cells),
        at,
        ...(failedAt > 0 && { firstFailedAt: failedAt }),
        ...(since !== undefined && { waitingSince: since }),
        ...((marks & REFUSED_ALONE) > 0 && { singledOut: 'refused' }),
        ...((marks & UNANSWERED_ALONE) > 0 && { singledOut: 'unanswered' }),
        ...((marks & SUSPECTED) > 0 && { singledOut: 'suspected' }),
        ...((marks & WRITTEN_DOWN) > 0 && { isWrittenDown: true }),
        ...(erasure !== undefined && { erasure }),
      }
    })
  return { ...head, add: changesOf(add), remove: changesOf(remove) }
}
