import type { CallRecord } from '../feed.ts'

/** The calls to show while the list is held, so that no row moves under the pointer: the same ones, as they are now. */
export function asTheyAre(held: readonly CallRecord[], calls: readonly CallRecord[]): readonly CallRecord[] {
  const now = new Map(calls.map((call) => [call.id, call]))
  return held.map((call) => now.get(call.id) ?? call)
}

/** How many of the calls came after the list was held. */
export function newSince(held: readonly CallRecord[], calls: readonly CallRecord[]): number {
  const newest = held[0]?.id ?? 0
  return calls.filter(({ id }) => id > newest).length
}
