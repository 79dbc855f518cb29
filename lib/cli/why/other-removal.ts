import type { Word } from '../../register/last-word.ts'
import type { FindNewest, FoundWord } from './newest-word.ts'
import { LONGEST_SENDING_MS } from './carried.ts'

/** Each reads the whole log. People who are known by each other's identifiers in longer chains are few. */
const MOST_STEPS = 3

/**
 * A removal that may have taken out somebody whose newest add it does not name: by an identifier that another add had
 * together with theirs, so that Meta knows them by both. It is newer, or was sent later. See "What stays open".
 */
export async function otherRemovalOf(
  add: FoundWord,
  own: readonly string[],
  newest: FindNewest,
): Promise<FoundWord | undefined> {
  const newestAdd = new Set(add.identifiers)
  return newest('remove', {
    named: await linkedTo([...own, ...add.identifiers], newest),
    fits: ({ at, identifiers }, writtenAt) =>
      !identifiers.some((each) => newestAdd.has(each)) &&
      (at > add.at || writtenAt >= add.writtenAt - LONGEST_SENDING_MS),
  })
}

/** These identifiers and those that adds had together with them. */
async function linkedTo(own: readonly string[], newest: FindNewest): Promise<ReadonlySet<string>> {
  let linked = new Set(own)
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const more = new Set(linked)
    // No word ends the search, so that all are seen.
    const collect = ({ identifiers }: Word) => {
      for (const each of identifiers) more.add(each)
      return false
    }
    await newest('add', { named: linked, fits: collect })
    if (more.size === linked.size) break
    linked = more
  }
  return linked
}
