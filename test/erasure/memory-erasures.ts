import { createErasedPeople } from '../../lib/erasure/erased-people.ts'
import type { ErasedPeople } from '../../lib/erasure/erased-people.ts'
import { createNamePeople } from '../../lib/erasure/named-people.ts'
import { bytesBefore } from '../../lib/erasure/page.ts'
import type { Page, PageTable } from '../../lib/erasure/page.ts'
import { letGoBy } from '../../lib/erasure/record.ts'
import type { ErasureProgress, ErasureReads, ErasureRecord } from '../../lib/erasure/record.ts'

/** The pages of the erased in memory, with the condition of the table. */
export function memoryPages(): PageTable & { pages: Page[] } {
  const pages: Page[] = []
  return {
    pages,
    read: async function* (from) {
      await Promise.resolve()
      const found = pages.slice(from)
      if (found.length > 0) yield found
    },
    write: async (page, added) => {
      await Promise.resolve()
      if ((pages[page.number]?.bytes.length ?? 0) !== bytesBefore(page, added)) return false
      pages[page.number] = page
      return true
    },
  }
}

/** A secret that is never kept. */
export function secretOf(key: () => string) {
  const get = () => Promise.resolve(key())
  return { get, refresh: get }
}

/** The list of erased people and the records of erasures, in memory. Each `people` is an execution environment. */
export function memoryErasures() {
  const table = memoryPages()
  const records: ErasureRecord[] = []
  const progress: ErasureProgress[] = []
  const world = { key: 'the stack’s key' }
  const reads: ErasureReads = {
    newest: (most, upTo = '~') => {
      // The table refuses such a key.
      if (upTo === '' || upTo.length > 1024) return Promise.reject(new Error('ValidationException'))
      const found = records.filter(({ id }) => id <= upTo).sort((one, other) => (one.id < other.id ? 1 : -1))
      return Promise.resolve(found.slice(0, most))
    },
    letGo: (wanted) => {
      const noted = progress.filter(({ id }) => id === wanted)
      const audiences = Map.groupBy(noted, ({ destination, audienceId }) => `${destination}#${audienceId}`)
      return Promise.resolve(
        [...audiences.values()].map((same) => ({
          destination: same[0]?.destination ?? '',
          audienceId: same[0]?.audienceId ?? '',
          ...letGoBy(
            same.flatMap(({ done }) => done.map(String)),
            same.flatMap(({ takenBack = [] }) => takenBack.map(String)),
          ),
        })),
      )
    },
  }
  return {
    ...reads,
    world,
    table,
    records,
    progress,
    people: (): ErasedPeople =>
      createErasedPeople(
        table,
        secretOf(() => world.key),
      ),
    record: (record: ErasureRecord) => Promise.resolve(void records.push(record)),
    note: (done: ErasureProgress) => Promise.resolve(void progress.push(done)),
  }
}

/** The people of an erasure who have these columns. */
export const peopleBy = (...columns: Record<string, unknown>[]) => createNamePeople([])(columns).people
