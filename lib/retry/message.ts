import * as v from 'valibot'
import { identifiersOf } from '../audience/identifiers.ts'
import type { Change } from '../audience/change.ts'
import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { MAX_MESSAGE_BYTES, toQueueJson } from '../track/message.ts'
import type { OutgoingMessage } from '../track/message.ts'

const fieldNames = Object.keys(SCHEMA_FIELDS) as [SchemaField, ...SchemaField[]]
const cell = v.union([v.string(), v.number(), v.array(v.string())])

const retryMessageSchema = v.object({
  version: v.literal(1),
  kind: v.literal('rows'),
  destination: v.string(),
  audienceId: v.string(),
  direction: v.picklist(['add', 'remove']),
  schema: v.array(v.picklist(fieldNames)),
  /** Seconds still to be waited when the message is first received: SQS delays a message by 15 minutes at most. */
  thenWait: v.exactOptional(v.number()),
  /** Event time, time of the first failure (0: none), cells. */
  rows: v.array(v.tuple([v.number(), v.number(), v.array(cell)])),
})

/** Rows of one audience and direction that wait: normalised and hashed, with their times. */
export type WaitingRows = Omit<v.InferOutput<typeof retryMessageSchema>, 'version' | 'kind' | 'rows'> & {
  changes: Change[]
}

/** Packs rows into as few messages as hold them. The same form serves the retry queue and the dead letters. */
export function packRows({ changes, ...head }: WaitingRows): (OutgoingMessage & { firstFailedAt: number })[] {
  const start = `${toQueueJson({ version: 1, kind: 'rows', ...head }).slice(0, -1)},"rows":[`
  const messages: (OutgoingMessage & { firstFailedAt: number })[] = []
  let rows: string[] = []
  let bytes = Buffer.byteLength(start) + 2
  let firstFailedAt = Infinity
  const close = () => {
    const body = `${start}${rows.join(',')}]}`
    messages.push({ body, bytes: Buffer.byteLength(body), firstFailedAt })
    rows = []
    bytes = Buffer.byteLength(start) + 2
    firstFailedAt = Infinity
  }
  for (const change of changes) {
    const row = toQueueJson([change.at, change.firstFailedAt ?? 0, change.cells])
    const size = Buffer.byteLength(row) + 1
    if (rows.length > 0 && bytes + size > MAX_MESSAGE_BYTES) close()
    rows.push(row)
    bytes += size
    firstFailedAt = Math.min(firstFailedAt, change.firstFailedAt ?? Infinity)
  }
  if (rows.length > 0) close()
  return messages
}

/** Reads a message of the retry queue, a redriven dead letter among them; undefined when it is none. */
export function decodeRows(body: string): WaitingRows | undefined {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return undefined
  }
  const parsed = v.safeParse(retryMessageSchema, json)
  if (!parsed.success) return undefined
  const { rows, destination, audienceId, direction, schema, thenWait } = parsed.output
  if (rows.some(([, , cells]) => cells.length !== schema.length)) return undefined
  return {
    destination,
    audienceId,
    direction,
    schema,
    ...(thenWait !== undefined && { thenWait }),
    changes: rows.map(([at, failedAt, cells]) => ({
      cells,
      identifiers: identifiersOf(schema, cells),
      at,
      ...(failedAt > 0 && { firstFailedAt: failedAt }),
    })),
  }
}
