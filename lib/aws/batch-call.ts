import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'

/** SQS: a batch has at most ten entries. */
const MAX_ENTRIES = 10

/** How many calls run at once. At most eight of 1 MiB are in memory, however much is to be sent. */
const CALLS_AT_ONCE = 8

/** Attempts for one entry. The waits between them are at most 0.4, 0.8 and 1.6 s, and at least half of that. */
const ATTEMPTS = 4
const FIRST_WAIT_MS = 400

export type BackOff = { sleep: (ms: number) => Promise<unknown>; random: () => number }

/** What became of a batch. `reason` is the name of SQS's error. `whole` means that the call failed, not one entry. */
export type BatchResult = { ok: true } | { ok: false; reason: string; whole: boolean }

/** Makes one call with these entries. The place of an entry is its id. */
type Call<T> = (entries: readonly T[]) => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>

type Failure<T> = { entry: T; reason: string; repeatable: boolean }

/**
 * Makes a batch call, and repeats it for the entries that SQS failed to take, with exponential backoff and jitter.
 * Entries that failed by the sender's fault are not repeated. Nor is a call that failed as a whole, because the client
 * has repeated it already.
 */
export async function callBatch<T>(entries: readonly T[], call: Call<T>, waiting: BackOff): Promise<BatchResult> {
  let pending = entries
  let refused: string | undefined
  for (let attempt = 1; ; attempt += 1) {
    const failures = await attemptCall(pending, call)
    if (!Array.isArray(failures)) return failures
    const repeatable = failures.filter((failure) => failure.repeatable)
    const isLast = repeatable.length === 0 || attempt === ATTEMPTS
    refused ??= failures.find((failure) => isLast || !failure.repeatable)?.reason
    if (isLast) return refused === undefined ? { ok: true } : { ok: false, reason: refused, whole: false }
    await waiting.sleep((0.5 + waiting.random() / 2) * FIRST_WAIT_MS * 2 ** (attempt - 1))
    pending = repeatable.map(({ entry }) => entry)
  }
}

async function attemptCall<T>(entries: readonly T[], call: Call<T>): Promise<Failure<T>[] | BatchResult> {
  try {
    const { Failed = [] } = await call(entries)
    const failed = new Map(Failed.map((failure) => [failure.Id, failure]))
    return entries.flatMap((entry, index) => {
      const { Code: reason = 'unknown', SenderFault } = failed.get(String(index)) ?? {}
      if (!failed.has(String(index))) return []
      return [{ entry, reason, repeatable: SenderFault !== true || isThrottled(reason) }]
    })
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    if (isThrottled(reason)) return entries.map((entry) => ({ entry, reason, repeatable: true }))
    return { ok: false, reason, whole: true }
  }
}

// SQS calls `RequestThrottled`, `KMS.ThrottlingException` and the like the sender's fault, but they pass.
function isThrottled(reason: string): boolean {
  return /throttl/i.test(reason)
}

/**
 * Cuts entries into batches as they come. A batch has at most ten entries and at most `maxBytes`, unless it is a single
 * entry.
 */
export function* toBatchCalls<T>(
  entries: Iterable<T>,
  bytesOf: (entry: T) => number,
  maxBytes: number,
): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const entry of entries) {
    const size = bytesOf(entry)
    if (batch.length === MAX_ENTRIES || (batch.length > 0 && bytes + size > maxBytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(entry)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

/**
 * Works on some batches at a time. A batch is taken only when there is room for it. After a result that ends the work,
 * no further batch is taken. Answers the results in any order.
 */
export async function inParallel<T, R>(
  batches: Generator<T>,
  work: (batch: T) => Promise<R>,
  isLast: (result: R) => boolean,
): Promise<R[]> {
  const worker = async (): Promise<R[]> => {
    const results: R[] = []
    for (const batch of batches) {
      const result = await work(batch)
      results.push(result)
      // Leaving the loop closes the generator, for the other workers too.
      if (isLast(result)) break
    }
    return results
  }
  return (await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker))).flat()
}
