import type { InvocationResult } from './invocation-result.ts'

/**
 * Which messages of a batch the queue keeps: those reported in `batchItemFailures`, none, or all.
 * All of them stay after a function error and after a report that cannot be read: an identifier that is empty, null
 * or not of this batch. Source: "Handling errors for an SQS event source in Lambda", success and failure conditions.
 */
export function messagesThatStay(
  result: InvocationResult,
  messageIds: readonly string[],
  reportBatchItemFailures: boolean,
): ReadonlySet<string> {
  const all = new Set(messageIds)
  if (!result.ok) return all
  if (!reportBatchItemFailures) return new Set()
  const failures = reportedFailures(result.payload)
  if (!failures?.every((id) => typeof id === 'string' && all.has(id))) return all
  return new Set(failures as string[])
}

/** The identifiers as they stand in the answer, or undefined when it has another shape. */
function reportedFailures(payload: unknown): unknown[] | undefined {
  if (payload === null || payload === undefined) return []
  if (typeof payload !== 'object' || Array.isArray(payload)) return undefined
  const failures = (payload as { batchItemFailures?: unknown }).batchItemFailures ?? []
  if (!Array.isArray(failures)) return undefined
  return failures.map((failure: unknown) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier)
}
