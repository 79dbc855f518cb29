import type { Word } from '../../register/last-word.ts'
import type { FindNewest, FoundWord } from './newest-word.ts'

/**
 * An add that may stand beside a removal which names the person by another identifier of the newest add alone: an older
 * one that the removal does not name, or a newer one that brings that identifier back. See "The last word".
 */
export async function otherAddOf(
  { add, removal }: { add: FoundWord; removal: FoundWord },
  own: readonly string[],
  newest: FindNewest,
): Promise<FoundWord | undefined> {
  const names = (word: Pick<Word, 'identifiers'>, wanted: readonly string[]) =>
    word.identifiers.some((each) => wanted.includes(each))
  if (removal.at < add.at || names(removal, own)) return undefined
  const other = await newest('add', {
    named: new Set([...own, ...add.identifiers]),
    fits: (word) => word.at > removal.at || (names(word, own) && !names(word, removal.identifiers)),
  })
  if (!other) return undefined
  const removed = await newest('remove', { named: new Set(other.identifiers) })
  return removed && removed.at >= other.at ? undefined : other
}
