import type { RegisterItem, RegisterTable } from '../../lib/register/register.ts'

/** A register table in memory. `items` is what it holds. */
export function memoryTable(): RegisterTable & { items: RegisterItem[] } {
  const items: RegisterItem[] = []
  return {
    items,
    append: (item) => {
      items.push(item)
      return Promise.resolve()
    },
    read: async function* (audienceId, direction, since) {
      await Promise.resolve()
      for (const item of items.toReversed())
        if (item.audienceId === audienceId && item.direction === direction && item.recordedAt >= since) yield item
    },
  }
}
