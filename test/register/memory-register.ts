import { OTHERS_TURN_MS } from '../../lib/register/head.ts'
import type { Head, HeadTable } from '../../lib/register/head.ts'
import type { LogItem, LogTable } from '../../lib/register/log.ts'

type Item = Partial<Head> & { removalsUntil?: number; onlyRemovalsUntil?: number; keptFrom?: number }

/** The register in memory, with the conditions of the table. `items` and `heads` are what it holds. */
export function memoryRegister(): HeadTable & LogTable & { items: LogItem[]; heads: Map<string, Item> } {
  const items: LogItem[] = []
  const heads = new Map<string, Item>()
  const headOf = (audienceId: string) => heads.get(audienceId) ?? {}
  return {
    items,
    heads,
    take: async ({ audienceId, holder, now, heldUntil, bringsRemovals }) => {
      await Promise.resolve()
      const before = headOf(audienceId)
      const isHeld = before.holder !== undefined && before.holder !== holder && (before.heldUntil ?? 0) >= now
      const isResting = (before.restUntil ?? -Infinity) > now
      const keptUntil = Math.max(
        before.removalsUntil ?? -Infinity,
        isResting ? -Infinity : (before.onlyRemovalsUntil ?? -Infinity),
      )
      const isKept = !bringsRemovals && keptUntil >= now
      if (isHeld || isKept) return undefined
      const { removalsUntil, ...others } = before
      const kept = !bringsRemovals && removalsUntil !== undefined && { removalsUntil }
      heads.set(audienceId, {
        ...others,
        ...kept,
        ...(bringsRemovals && { keptFrom: now + OTHERS_TURN_MS }),
        holder,
        heldUntil,
      })
      return before
    },
    keepForRemovals: async (audienceId, now, until) => {
      await Promise.resolve()
      const head = headOf(audienceId)
      if ((head.keptFrom ?? -Infinity) < now) heads.set(audienceId, { ...head, removalsUntil: until })
    },
    giveBack: async (audienceId, holder, state) => {
      await Promise.resolve()
      const { holder: known, heldUntil: _, ...others } = headOf(audienceId)
      const { restUntil, newestAdd, newestRemove, lastKey, onlyRemovalsUntil } = state
      const kept = onlyRemovalsUntil !== undefined && { onlyRemovalsUntil }
      if (known === holder) heads.set(audienceId, { ...others, restUntil, newestAdd, newestRemove, lastKey, ...kept })
    },
    letGo: async (audienceId, holder) => {
      await Promise.resolve()
      const head = headOf(audienceId)
      if (head.holder === holder) heads.set(audienceId, { ...head, heldUntil: 0 })
    },
    append: async (item) => {
      await Promise.resolve()
      const same = items.findIndex(
        ({ audienceId, direction, key }) =>
          audienceId === item.audienceId && direction === item.direction && key === item.key,
      )
      items.splice(same < 0 ? items.length : same, same < 0 ? 0 : 1, item)
    },
    read: async function* (audienceId, direction, since) {
      await Promise.resolve()
      const found = items.filter(
        (item) => item.audienceId === audienceId && item.direction === direction && item.key >= since,
      )
      yield* found.sort((one, other) => other.key - one.key)
    },
  }
}
