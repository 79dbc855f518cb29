import type { Direction } from '../../audience/change.ts'
import type { ReceiptTable } from '../../aws/receipt-table.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import type { LogTable } from '../../register/log.ts'
import { newestWord } from './newest-word.ts'
import type { FindNewest, FoundWord } from './newest-word.ts'
import { otherAddOf } from './other-add.ts'
import { otherRemovalOf } from './other-removal.ts'

/** A word, and the requests of its destination and direction since it was written, the first ones, oldest first. */
export type Written = { word: FoundWord; direction: Direction; requests: readonly Receipt[] }

/** What the register says about a person and an audience. */
export type Words = {
  add?: Written
  removal?: Written
  /** An add of theirs that may stand, though the removal is newer or names the other add. */
  otherAdd?: FoundWord
  /** A removal that may have taken them out, though it does not name the newest add. */
  otherRemoval?: FoundWord
}

/** So many requests after a word are looked at for the one that was delivered. */
const MOST_REQUESTS = 100

type Register = {
  log: Pick<LogTable, 'read'>
  receipts: Pick<ReceiptTable, 'first'>
  signal: AbortSignal
  /** Told how far a log was read. */
  onItem: (writtenAt: number) => void
}

/**
 * Looks up the person with these identifiers, whom a destination sends to an audience. `hasMembers` says that somebody
 * knows who is in, so that no other removal need be looked for. Rejects when the table cannot be reached.
 */
export async function wordsAbout(
  { destination, audienceId }: { destination: string; audienceId: string },
  named: readonly string[],
  hasMembers: boolean,
  { log, receipts, signal, onItem }: Register,
): Promise<Words> {
  if (named.length === 0) return {}
  const newest: FindNewest = (direction, wanted) =>
    newestWord(log, { audienceId, direction, ...wanted }, signal, onItem)
  const written = async (direction: Direction, identifiers: readonly string[]): Promise<Written | undefined> => {
    const word = await newest(direction, { named: new Set(identifiers) })
    if (!word) return undefined
    const after = await receipts.first(audienceId, { from: word.writtenAt, most: MOST_REQUESTS })
    const isTheirs = (each: Receipt) => each.destination === destination && each.direction === direction
    return { word, direction, requests: after.filter(isTheirs) }
  }
  const add = await written('add', named)
  // A removal by another identifier of that add takes the person out, too.
  const removal = await written('remove', [...named, ...(add?.word.identifiers ?? [])])
  const otherAdd = add && removal && (await otherAddOf({ add: add.word, removal: removal.word }, named, newest))
  const isIn = add && (!removal || removal.word.at < add.word.at)
  const otherRemoval = isIn && !hasMembers ? await otherRemovalOf(add.word, named, newest) : undefined
  return {
    ...(add && { add }),
    ...(removal && { removal }),
    ...(otherAdd && { otherAdd }),
    ...(otherRemoval && { otherRemoval }),
  }
}
