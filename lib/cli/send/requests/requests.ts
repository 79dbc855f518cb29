import { createHash } from 'node:crypto'
import type { FieldReport } from '../../../audience/column.ts'
import { toQueueJson } from '../../../track/message.ts'
import type { Position } from '../file/records.ts'
import { countReports } from '../rows/row-check.ts'

/** A line that is not sent, and why. */
export type LeftOutLine = { line: number; reason: string; text: string }

/** Some rows of a file that are sent in one request, and the lines among them that are not. */
export type Batch = {
  /** How many rows each of its events has. */
  events: number[]
  rows: number
  leftOut: LeftOutLine[]
  /** Values that are left blank, or hardly match, by field and reason. */
  blank: Record<string, number>
  firstLine: number
  /** Behind its last line. */
  end: Position
  /** Counted from 1; undefined without rows, which makes no request. */
  sequence: number | undefined
  /** What is sent, in memory that later batches use again: call `release` when it is acknowledged. */
  body: Buffer
  release: () => void
}

export type Row = { user: object; at: number; line: number; end: Position; doubts: readonly FieldReport[] }

/** What limits a batch. `values` are the objects, arrays and commas of its JSON. */
export type Limits = { rows: number; bytes: number; values: number }

/** Less than a request may hold, so that a few at once need little memory. Sizes count as ingest and its queues write them. */
export const LIMITS: Limits = { rows: 5_000, bytes: 1_000_000, values: 300_000 }

/** A batch of a session must be one message of the session queue, or its numbers would meet the next one's. */
export function sessionLimits(maxUserCount: number): Limits {
  return { rows: Math.min(maxUserCount, 10_000), bytes: 800_000, values: 300_000 }
}

/** An event around its users. */
const BYTES_OF_EVENT = 600
const VALUES_OF_EVENT = 20

const MOST_LEFT_OUT = 5_000

/** What all batches of a run have in common. */
export type Run = {
  id: string
  event: string
  list: 'add' | 'delete'
  session?: { estimatedTotal: number } | undefined
}

/**
 * Gathers rows to batches, and writes their requests. The same rows from the same place always make the same requests, so
 * that resuming repeats them: an event's messageId is that of the run with the line of its first row.
 */
export function createBatcher(run: Run, limits: Limits, from: Position, sent: number) {
  const free: Buffer[] = []
  let sequence = sent
  let memory: Buffer | undefined
  let length = 0
  let values = 0
  let at: number | undefined
  let batch = emptyBatch(from)

  function write(text: string): void {
    memory ??= free.pop() ?? Buffer.allocUnsafeSlow(limits.bytes + BYTES_OF_EVENT)
    length += memory.write(text, length)
  }

  function close(isLast: boolean): Batch {
    const used = memory
    if (batch.rows > 0) {
      sequence += 1
      write(`${endOfEvent(run, sequence, isLast)}]}`)
    }
    const closed: Batch = {
      ...batch,
      sequence: batch.rows > 0 ? sequence : undefined,
      body: used?.subarray(0, length) ?? Buffer.alloc(0),
      release: () => used && free.push(used),
    }
    memory = at = undefined
    length = values = 0
    batch = emptyBatch(closed.end)
    return closed
  }

  return {
    /** Adds a row, and gives back the batch before it if that is full now. */
    add({ user, at: time, line, end, doubts }: Row): Batch | undefined {
      const json = toQueueJson(user)
      const size = Buffer.byteLength(json) + 1
      const count = valuesIn(json)
      const isFull =
        batch.rows > 0 &&
        (batch.rows >= limits.rows ||
          length + size + 2 * BYTES_OF_EVENT > limits.bytes ||
          values + count + VALUES_OF_EVENT > limits.values)
      const full = isFull ? close(false) : undefined
      if (time === at) {
        write(',')
        batch.events[batch.events.length - 1] = (batch.events.at(-1) ?? 0) + 1
      } else {
        // Only a run without a session has several times, so no event before the last one needs its number.
        write(batch.rows === 0 ? '{"batch":[' : `${endOfEvent(run, 0, false)},`)
        write(beginningOfEvent(run, line, time))
        batch.events.push(1)
        values += VALUES_OF_EVENT
        at = time
      }
      write(json)
      values += count
      batch.rows += 1
      batch.end = end
      countReports(batch.blank, doubts)
      return full
    },
    /** Notes a line that is not sent. */
    leaveOut(line: LeftOutLine, end: Position): Batch | undefined {
      // The last batch of a session must have a row, so one with rows waits for more of them.
      const isFull = batch.leftOut.length >= MOST_LEFT_OUT && !(run.session && batch.rows > 0)
      const full = isFull ? close(false) : undefined
      batch.leftOut.push(line)
      batch.end = end
      return full
    },
    /** What is left at the end of the file. */
    end: (): Batch => close(true),
  }
}

function emptyBatch(from: Position) {
  return {
    events: [] as number[],
    rows: 0,
    leftOut: [] as LeftOutLine[],
    blank: {} as Record<string, number>,
    firstLine: from.line,
    end: from,
  }
}

function valuesIn(json: string): number {
  let count = 1
  for (let place = 0; place < json.length; place += 1) {
    const unit = json.charCodeAt(place)
    if (unit === 0x2c || unit === 0x7b || unit === 0x5b) count += 1
  }
  return count
}

function beginningOfEvent({ id, event, list }: Run, line: number, at: number): string {
  const call = {
    ...{ type: 'track', event, messageId: `${id}-${line}` },
    originalTimestamp: new Date(at).toISOString(),
  }
  const listName = list === 'add' ? 'userListAdd' : 'userListDelete'
  return `${toQueueJson(call).slice(0, -1)},"properties":{"${listName}":[`
}

function endOfEvent({ id, list, session }: Run, sequence: number, isLast: boolean): string {
  if (!session) return ']}}'
  const fields = {
    [list === 'add' ? 'sessionIdAdd' : 'sessionIdDelete']: sessionIdOf(id),
    batchSequence: sequence,
    lastBatchFlag: isLast,
    estimatedNumTotal: session.estimatedTotal,
  }
  return `],${JSON.stringify(fields).slice(1)}}`
}

/** The id of a run's upload session: a whole number that JSON keeps. */
export function sessionIdOf(run: string): string {
  const digits = createHash('sha256').update(run).digest('hex').slice(0, 13)
  return String(Number.parseInt(digits, 16) + 1)
}
