import type { Interrupt } from '../../surroundings.ts'
import { FileError } from '../../wrong-use.ts'
import type { Answer, Delivery } from './deliver.ts'
import type { ReadLine } from '../rows/read-row.ts'
import { createBatcher } from './requests.ts'
import type { Batch, Limits, Run } from './requests.ts'
import type { FileRecord, Position } from '../file/records.ts'

/** Gathers the lines of a file to batches, from a position on. */
export async function* batchesOf(
  records: AsyncIterable<readonly FileRecord[]>,
  read: (record: FileRecord) => ReadLine,
  run: Run,
  limits: Limits,
  { position, sequence }: { position: Position; sequence: number },
): AsyncGenerator<Batch> {
  const batcher = createBatcher(run, limits, position, sequence)
  for await (const some of records)
    for (const record of some) {
      const row = read(record)
      const { line } = record
      const end = { bytes: record.end, line: record.nextLine }
      const full =
        'reason' in row
          ? batcher.leaveOut({ line, reason: row.reason, text: record.text().replace(/\r?\n$/, '') }, end)
          : batcher.add({ user: row.user, at: row.at, line, end, doubts: row.checked.reports })
      if (full) yield full
    }
  yield batcher.end()
}

type Unreadable = { ok: false; why: 'unreadable'; code: 'file_unreadable'; message: string }

/** Why sending came to an end before the file did, and at which batch, if it was one. */
export type Stop = (Exclude<Delivery, { ok: true }> | Unreadable) & { batch?: Batch }

type Sending = {
  batches: AsyncIterable<Batch>
  deliver: (batch: Batch) => Promise<Delivery>
  /** How many requests are under way at once. */
  atOnce: number
  interrupt: Interrupt
  /** Writes down that a batch is acknowledged; called in the order of the file. */
  acknowledge: (batch: Batch, answer: Answer | undefined) => void
}

/**
 * Sends batches, a few at once, and acknowledges them in the order of the file. At the first that fails, no more are
 * begun, and what is under way comes to its end; so it does when the file cannot be read further.
 */
export async function sendBatches({
  batches,
  deliver,
  atOnce,
  interrupt,
  acknowledge,
}: Sending): Promise<Stop | undefined> {
  const underWay: { batch: Batch; delivery: Promise<Delivery> | undefined }[] = []
  let stop: Stop | undefined

  async function settleFirst(): Promise<void> {
    const first = underWay.shift()
    if (!first) return
    const { batch } = first
    const delivery = await first.delivery
    batch.release()
    if (stop) return
    if (!delivery) acknowledge(batch, undefined)
    else if (!delivery.ok) stop = { ...delivery, batch }
    else if (leadsToNothing(delivery.answer)) stop = { ...refusalOf(delivery.answer), batch }
    else acknowledge(batch, delivery.answer)
  }

  let end: Stop | undefined
  try {
    for await (const batch of batches) {
      if (stop) break
      if (interrupt.signal.aborted) {
        end = { ok: false, why: 'interrupted' }
        break
      }
      underWay.push({ batch, delivery: batch.rows === 0 ? undefined : deliver(batch) })
      if (underWay.length >= atOnce) await settleFirst()
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    end = { ok: false, why: 'unreadable', code: 'file_unreadable', message: error.message }
  }
  // No request has failed: what is under way is still acknowledged.
  while (underWay.length > 0) await settleFirst()
  return stop ?? end
}

/** The service maps the event to nothing: its settings are others than ours. */
function leadsToNothing({ accepted, ignored }: Answer): boolean {
  return accepted === 0 && ignored.length > 0
}

function refusalOf({ ignored: [first] }: Answer) {
  return {
    ok: false as const,
    why: 'refused' as const,
    code: first?.code ?? 'event_unmapped',
    message: first?.message ?? 'No destination maps the event.',
  }
}
