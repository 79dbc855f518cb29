import * as v from 'valibot'
import { identifiersOf, keyIn } from '../audience/identifiers.ts'
import type { Change } from '../audience/change.ts'
import { SCHEMA_FIELDS } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { MAX_MESSAGE_BYTES, toQueueJson } from '../track/message.ts'
import type { OutgoingMessage } from '../track/message.ts'

const fieldNames = Object.keys(SCHEMA_FIELDS) as [SchemaField, ...SchemaField[]]
const cell = v.union([v.string(), v.number(), v.array(v.string())])
/** Event time, time of the first failure (0: none), cells, and what else the register knows the person by. */
const rows = v.array(
  v.union([
    v.strictTuple([v.number(), v.number(), v.array(cell)]),
    v.strictTuple([v.number(), v.number(), v.array(cell), v.array(v.string())]),
  ]),
)

const retryMessageSchema = v.object({
  version: v.literal(1),
  kind: v.literal('rows'),
  destination: v.string(),
  audienceId: v.string(),
  schema: v.array(v.picklist(fieldNames)),
  /** Seconds still to be waited when the message is first received: SQS delays a message by 15 minutes at most. */
  thenWait: v.exactOptional(v.number()),
  add: rows,
  remove: rows,
})

/**
 * Rows of one audience that wait: normalised and hashed, with their times. Both directions share a message, so that a
 * removal and a newer add of the same person come back together and their order is kept.
 */
export type WaitingRows = Pick<v.InferOutput<typeof retryMessageSchema>, 'destination' | 'audienceId' | 'thenWait'> & {
  schema: readonly SchemaField[]
  add: readonly Change[]
  remove: readonly Change[]
}

/** Packs rows into as few messages as hold them. The same form serves the retry queue and the dead letters. */
export function packRows({ add, remove, ...head }: WaitingRows): OutgoingMessage[] {
  const start = toQueueJson({ version: 1, kind: 'rows', ...head }).slice(0, -1)
  const room = MAX_MESSAGE_BYTES - Buffer.byteLength(`${start},"remove":[],"add":[]}`)
  const messages: OutgoingMessage[] = []
  let pending: Record<'add' | 'remove', string[]> = { add: [], remove: [] }
  let pendingBytes = 0
  const close = () => {
    if (pendingBytes === 0) return
    const body = `${start},"remove":[${pending.remove.join(',')}],"add":[${pending.add.join(',')}]}`
    messages.push({ body, bytes: Buffer.byteLength(body) })
    pending = { add: [], remove: [] }
    pendingBytes = 0
  }
  const pack = (direction: 'add' | 'remove', { at, firstFailedAt = 0, cells, identifiers }: Change) => {
    const others = identifiers.filter((identifier) => keyIn(identifier) !== undefined)
    const row = toQueueJson([at, firstFailedAt, cells, ...(others.length > 0 ? [others] : [])])
    const bytes = Buffer.byteLength(row) + 1
    if (pendingBytes + bytes > room) close()
    pending[direction].push(row)
    pendingBytes += bytes
  }
  for (const change of remove) pack('remove', change)
  for (const change of add) pack('add', change)
  close()
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
  const { destination, audienceId, schema, thenWait, add, remove } = parsed.output
  if ([...add, ...remove].some(([, , cells]) => cells.length !== schema.length)) return undefined
  const changesOf = (direction: typeof add): Change[] =>
    direction.map(([at, failedAt, cells, others = []]) => ({
      cells,
      identifiers: [...identifiersOf(schema, cells), ...others],
      at,
      ...(failedAt > 0 && { firstFailedAt: failedAt }),
    }))
  return {
    destination,
    audienceId,
    schema,
    ...(thenWait !== undefined && { thenWait }),
    add: changesOf(add),
    remove: changesOf(remove),
  }
}
