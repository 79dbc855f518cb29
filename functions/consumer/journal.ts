import type { MiddlewareObj } from '@middy/core'
import type { Context } from 'aws-lambda'
import type { Batch } from '../../lib/audience/batch.ts'
import { inParallel } from '../../lib/aws/batch-call.ts'
import { nameOf } from '../../lib/aws/receipt-table.ts'
import type { NamedReceipt, ReceiptTable } from '../../lib/aws/receipt-table.ts'
import type { WaitNoteTable } from '../../lib/aws/wait-note-table.ts'
import type { GraphAnswer } from '../../lib/graph-api/client.ts'
import { receiptOf } from '../../lib/graph-api/receipt.ts'
import type { Log } from '../../lib/log.ts'
import { isNews, longerOf, noteOf } from '../../lib/register/wait-note.ts'
import type { Wait, WaitNote } from '../../lib/register/wait-note.ts'

/** More receipts of one invocation than this, about 300 bytes each, are not kept in memory. */
const MOST_RECEIPTS = 5_000

/** How long writing may take at the end of an invocation. It fits an attempt that hangs and its repeat. */
const LONGEST_WRITING_MS = 4_000

/** Left at the very end, so that the invocation can answer. */
const TIME_TO_ANSWER_MS = 1_000

/** What the consumer leaves in the register for people: a receipt for each request, and why audiences wait. */
export type Journal = {
  called: (batch: Batch, answer: GraphAnswer, ms: number) => void
  waits: (wait: Wait) => void
}

type Pages = { receipts: NamedReceipt[]; tooMany: number; notes: Map<string, WaitNote> }

type Outside = {
  receiptTable: Pick<ReceiptTable, 'write'>
  waitNoteTable: Pick<WaitNoteTable, 'write'>
  log: Log
  clock: () => number
  newId: () => string
}

/**
 * Gathers the journal of an invocation; `write` puts it into the register, in the time that is left. Nothing depends on
 * it: what cannot be written is counted in the log, and is not tried again. It never rejects.
 */
export function createJournal(outside: Outside): Journal & { write: (remainingMs: number) => Promise<void> } {
  const { log, clock, newId } = outside
  let pages = noPages()
  /** What this environment has noted last about each audience. */
  const noted = new Map<string, WaitNote>()
  return {
    called: (batch, answer, ms) => {
      if (pages.receipts.length === MOST_RECEIPTS) pages.tooMany += 1
      else pages.receipts.push({ ...receiptOf(batch, answer, ms, clock()), id: newId() })
    },
    waits: (wait) => {
      const note = noteOf(wait, clock())
      if (note) pages.notes.set(note.audienceId, longerOf(pages.notes.get(note.audienceId), note))
    },
    write: async (remainingMs) => {
      const { receipts, tooMany, notes } = pages
      pages = noPages()
      const news = [...notes.values()].filter((note) => isNews(note, noted.get(note.audienceId), clock()))
      const lost = (count: number, reason: string) => {
        if (count > 0) log('warn', 'receipts_lost', { count, reason })
      }
      lost(tooMany, 'too_many')
      if (receipts.length + news.length === 0) return
      const ms = Math.min(LONGEST_WRITING_MS, remainingMs - TIME_TO_ANSWER_MS)
      if (ms <= 0) {
        lost(receipts.length + news.length, 'out_of_time')
        return
      }
      const signal = AbortSignal.timeout(ms)
      const [written, results] = await Promise.all([
        outside.receiptTable.write(receipts, signal),
        writeNotes(news, signal, outside),
      ])
      lost(written.lost, written.reason ?? 'unknown')
      const failed = results.filter(({ reason }) => reason !== undefined)
      for (const { note } of results.filter(({ reason }) => reason === undefined)) noted.set(note.audienceId, note)
      lost(failed.length, failed[0]?.reason ?? 'unknown')
    },
  }
}

function noPages(): Pages {
  return { receipts: [], tooMany: 0, notes: new Map() }
}

async function writeNotes(
  news: readonly WaitNote[],
  signal: AbortSignal,
  { waitNoteTable }: Outside,
): Promise<{ note: WaitNote; reason?: string }[]> {
  const write = async (note: WaitNote) => {
    try {
      await waitNoteTable.write(note, signal)
      return { note }
    } catch (error) {
      return { note, reason: nameOf(error, signal) }
    }
  }
  return inParallel(each(news), write, () => false)
}

function* each<T>(all: readonly T[]): Generator<T> {
  yield* all
}

/** Writes the journal when an invocation ends, even with an error. By then everything else is stored. */
export function writeAtTheEnd(
  write: (remainingMs: number) => Promise<void>,
): MiddlewareObj<unknown, unknown, Error, Pick<Context, 'getRemainingTimeInMillis'>> {
  const writeNow = ({ context }: { context: Pick<Context, 'getRemainingTimeInMillis'> }) =>
    write(context.getRemainingTimeInMillis())
  return { after: writeNow, onError: writeNow }
}
