import { listedErasure } from './listed-erasure.ts'
import type { ListedErasure } from './listed-erasure.ts'
import type { ErasureReads, ErasureRecord } from './record.ts'

/** A part of the list. `more`: there are older ones. */
export type ErasureList = { erasures: ListedErasure[]; more: boolean }

const MOST_LISTED = 100

/** To read that so many people have left an audience takes ingest 3 s at worst. */
const MOST_LET_GO = 2_000_000

/** An answer of the table may hold a megabyte, which takes some megabytes of memory. */
const READ_AT_ONCE = 8

const ID = /^[\w-]{1,64}$/

/**
 * The newest erasures with what became of them, the newest first, or those from before the one with the id `before`: a
 * hundred at most, and fewer of large ones. Undefined where no erasure has this id. Rejects when the table cannot be
 * reached.
 */
export async function listErasures(
  { newest, letGo }: ErasureReads,
  before: string | undefined,
): Promise<ErasureList | undefined> {
  if (before !== undefined && !ID.test(before)) return undefined
  const records = await newest(MOST_LISTED + (before === undefined ? 1 : 2), before)
  if (before !== undefined && records.shift()?.id !== before) return undefined
  const readable = readableOf(records)
  const erasures: ListedErasure[] = []
  const next = readable.entries()
  const lane = async () => {
    // Nobody leaves an audience because an erasure is taken back.
    for (const [place, record] of next)
      erasures[place] = listedErasure(record, record.kind === 'erase' ? await letGo(record.id) : [])
  }
  await Promise.all(Array.from({ length: READ_AT_ONCE }, lane))
  return { erasures, more: readable.length < records.length }
}

/** As many of these records as one answer can tell of, and one at least. */
function readableOf(records: readonly ErasureRecord[]): readonly ErasureRecord[] {
  let people = 0
  const end = records.findIndex(({ removals }, index) => {
    people += removals.reduce((sum, { audienceIds, users }) => sum + audienceIds.length * users, 0)
    return index === MOST_LISTED || (index > 0 && people > MOST_LET_GO)
  })
  return end < 0 ? records : records.slice(0, end)
}
