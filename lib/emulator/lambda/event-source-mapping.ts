import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { messagesThatStay } from './batch-result.ts'
import type { InvocationResult } from './invocation-result.ts'
import { emptyBatch, fillBatch } from './message-batch.ts'
import type { BatchLimits } from './message-batch.ts'

export type MappingSettings = BatchLimits & {
  maximumConcurrency: number
  reportBatchItemFailures: boolean
  fifo: boolean
}

/** The queue as the poller sees it. */
export type PolledQueue = {
  /** Up to `max` (at most 10) messages; waits whole seconds, at most 20, for the first. Rejects when aborted. */
  receive: (max: number, waitSeconds: number, signal: AbortSignal) => Promise<SQSRecord[]>
  delete: (receiptHandles: string[]) => Promise<void>
}

export type EventSourceMapping = {
  /** Receipt handles of the messages that it is done with but that stay in the queue, hidden until they are due. */
  handedBack: () => string[]
  /** Stops polling at once, and waits up to `graceSeconds` for invocations that run. */
  close: (graceSeconds: number) => Promise<void>
}

type Options = {
  settings: MappingSettings
  queue: PolledQueue
  invoke: (event: SQSEvent) => Promise<InvocationResult>
  /** Milliseconds. */
  now: () => number
  /** Resolves after the milliseconds, or early when the signal is aborted. */
  sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  log: (line: string) => void
}

const LONGEST_WAIT_SECONDS = 20
const SHORT_POLL_MS = 50
const LONGEST_BACK_OFF_MS = 5_000

/**
 * Polls a queue and invokes a function with what it finds, by Lambda's rules. Messages are received only while an
 * invocation may start, and are never kept invisible for longer than the queue's visibility timeout: what failed, or
 * could not be deleted, comes back by itself. Source: "Using Lambda with Amazon SQS".
 */
export function createEventSourceMapping(options: Options): EventSourceMapping {
  const { settings, queue, invoke, now, sleep, log } = options
  const closing = new AbortController()
  const closed = () => closing.signal.aborted
  const running = new Set<Promise<void>>()
  const lastOfGroup = new Map<string, Promise<void>>()
  const waiting: SQSRecord[] = []
  /** By message, because each receive has a handle of its own. */
  const handedBack = new Map<string, string>()

  async function poll(): Promise<void> {
    while (!closed())
      if (running.size >= settings.maximumConcurrency) await Promise.race(running)
      else start(await gather())
  }

  async function gather(): Promise<SQSRecord[]> {
    const batch = emptyBatch()
    let backOff = SHORT_POLL_MS
    while (!closed() && !fillBatch(batch, waiting, settings, now())) {
      const left = batch.closesAt - now()
      const waitSeconds = Math.min(LONGEST_WAIT_SECONDS, Math.floor(left / 1000))
      try {
        const max = Math.min(10, settings.batchSize - batch.records.length)
        const received = await queue.receive(max, waitSeconds, closing.signal)
        waiting.push(...received)
        backOff = SHORT_POLL_MS
        // SQS waits for whole seconds only: what is left of the window is polled.
        if (received.length === 0 && waitSeconds === 0) await sleep(Math.min(left, SHORT_POLL_MS), closing.signal)
      } catch (error) {
        if (closed()) break
        log(`polling failed: ${nameOf(error)}`)
        await sleep(Math.min(backOff, Math.max(left, 0)), closing.signal)
        backOff = Math.min(backOff * 2, LONGEST_BACK_OFF_MS)
      }
    }
    return batch.records
  }

  function start(records: SQSRecord[]): void {
    if (closed() || records.length === 0) return
    const groups = settings.fifo ? new Set(records.map((record) => record.attributes.MessageGroupId ?? '')) : []
    // The queue holds back a group only until the visibility timeout of its messages, and the work may take longer.
    const before = [...groups].flatMap((group) => lastOfGroup.get(group) ?? [])
    const run = Promise.all(before)
      .then(() => process(records))
      .finally(() => {
        running.delete(run)
        for (const group of groups) if (lastOfGroup.get(group) === run) lastOfGroup.delete(group)
      })
    running.add(run)
    for (const group of groups) lastOfGroup.set(group, run)
  }

  async function process(records: SQSRecord[]): Promise<void> {
    const result = await invoke({ Records: records })
    if (!result.ok) log(`invocation failed, its messages return: ${result.errorType}: ${result.errorMessage}`)
    const ids = records.map((record) => record.messageId)
    const stay = messagesThatStay(result, ids, settings.reportBatchItemFailures)
    const done = records.filter((record) => !stay.has(record.messageId))
    for (const { messageId, receiptHandle } of records)
      if (stay.has(messageId)) handedBack.set(messageId, receiptHandle)
      else handedBack.delete(messageId)
    if (done.length === 0) return
    await queue.delete(done.map((record) => record.receiptHandle)).catch((error: unknown) => {
      log(`deleting failed, messages will be delivered again: ${nameOf(error)}`)
    })
  }

  const polling = poll()
  return {
    handedBack: () => [...handedBack.values()],
    async close(graceSeconds) {
      closing.abort()
      await polling
      const timeUp = new AbortController()
      await Promise.race([Promise.all(running), sleep(graceSeconds * 1000, timeUp.signal)])
      timeUp.abort()
    },
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
