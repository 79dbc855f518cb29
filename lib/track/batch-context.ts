import { readConsent } from './consent.ts'
import type { CallConsent } from './consent.ts'
import { isGiven, isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { audienceIdOf } from './record.ts'

/** What the `context` of a batch says for each of its calls. `size` is about the bytes that it takes. */
export type BatchContext = { consent: CallConsent; context: JsonObject; size: number }

/** What is read of a context beside consent; `userFields` may name more. Keys with dots count by their first name. */
const READ = ['traits', 'personas', 'device', 'externalId']

/**
 * Reads the context of a batch once for all its calls; undefined where it has none. Only what calls are read for is kept of
 * it, because a call that has a context too is merged with it.
 *
 * Source: Segment's "HTTP Tracking API Source": it is "merged with any context inside each of the items in the batch".
 */
export function batchContext(
  envelope: JsonObject,
  categories: readonly string[],
  pathsInContext: readonly string[],
): BatchContext | undefined {
  const { context: given } = envelope
  if (!isGiven(given) || given === '') return undefined
  const consent = readConsent(envelope, categories)
  if (!isObject(given)) return { consent, context: {}, size: 0 }
  const context: Record<string, unknown> = {}
  const read = new Set([...READ, ...pathsInContext])
  for (const key in given) {
    const [name = ''] = key.split('.', 1)
    if (read.has(name) && isGiven(given[key])) context[key] = given[key]
  }
  return { consent, context, size: sizeOf(context) }
}

/** A call with the context of its batch under its own, whose values count first. Without an own one it is shared. */
export function inBatch(call: JsonObject, { context: shared }: BatchContext): JsonObject {
  const { context: own } = call
  if (!isGiven(own)) return { ...call, context: shared }
  if (!isObject(own)) return call
  const context: Record<string, unknown> = { ...own }
  for (const key in shared) context[key] = merged(own[key], shared[key])
  // An id of another tool does not hide the audience that the batch names, and stays beside it.
  if (shared.externalId !== undefined && audienceIdOf(call) === undefined)
    context.externalId = [own.externalId ?? [], shared.externalId].flat()
  return { ...call, context }
}

function merged(own: unknown, shared: unknown): unknown {
  if (!isGiven(own) || own === '') return shared
  if (!isObject(own) || !isObject(shared)) return own
  const both: Record<string, unknown> = { ...shared }
  for (const key in own) if (isGiven(own[key]) && own[key] !== '') both[key] = own[key]
  return both
}

// A loop in place of recursion: JSON may be nested deeper than the stack.
function sizeOf(value: unknown): number {
  let size = 0
  const unseen = [value]
  while (unseen.length > 0) {
    const next = unseen.pop()
    size += typeof next === 'string' ? next.length + 2 : 4
    if (Array.isArray(next)) for (const item of next) unseen.push(item)
    else if (isObject(next)) for (const key in next) unseen.push(key, next[key])
  }
  return size
}
