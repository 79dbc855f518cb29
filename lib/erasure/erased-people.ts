import { isErased, withWords } from './erased-hashes.ts'
import type { ErasedHashes } from './erased-hashes.ts'
import { keyedHash } from './keyed-hash.ts'
import { pageWith, wordAbout, wordsIn } from './page.ts'
import type { ErasureWords, Page, PageTable } from './page.ts'

/** Whether an identifier was erased, by the list as it was when it was asked for. */
export type IsErased = (identifier: string) => boolean

/** The words about people none of whose identifiers was erased. */
export function withoutErased<W extends { identifiers: readonly string[] }>(
  words: readonly W[],
  isErased: IsErased,
): readonly W[] {
  return words.filter(({ identifiers }) => !identifiers.some(isErased))
}

/** The list of erased people. Both reject when the table or the secret cannot be reached. */
export type ErasedPeople = {
  /** The list as it is now; undefined while nobody is erased. */
  read: () => Promise<IsErased | undefined>
  /** Puts identifiers on the list, or takes them off it. When this resolves, every later `read` knows. */
  remember: (identifiers: Iterable<string>, is: 'erased' | 'unerased') => Promise<void>
}

/** On every list, so that a list can be told from one that was made with another secret. */
const LIST_ITSELF = 'list'

/** Somebody changed the secret. Until it has its former value again, nobody knows who is on the list. */
export class ErasureKeyChanged extends Error {
  override name = 'ErasureKeyChanged' as const
}

/** What was read, up to the end of `last`. */
type Known = { hashes: ErasedHashes; last: Page | undefined }

/**
 * The list of erased people, of which an execution environment keeps what it has read. Only what was written since is read
 * anew: one read unit for each turn of an audience. `secret` is asked for only when somebody is on the list.
 */
export function createErasedPeople(table: PageTable, secret: () => Promise<string>): ErasedPeople {
  let known: Promise<Known> = Promise.resolve({ hashes: new Float64Array(), last: undefined })

  // One after the other, so that turns that begin together do not all read a long list. Each reads after it was asked.
  const readOn = (): Promise<Known> => {
    const before = known
    const reading = before.then(readBehind)
    known = reading.catch(() => before)
    return reading
  }
  const readBehind = async ({ hashes, last: before }: Known): Promise<Known> => {
    const words: ErasureWords[] = []
    let last = before
    for await (const pages of table.read(before?.number ?? 0)) {
      for (const { number, bytes } of pages)
        words.push(wordsIn(number === before?.number ? bytes.subarray(before.bytes.length) : bytes))
      last = pages.at(-1) ?? last
    }
    return { hashes: withWords(hashes, joined(words)), last }
  }

  const secretOf = async (hashes: ErasedHashes): Promise<string> => {
    const text = await secret()
    if (!isErased(hashes, keyedHash(text, LIST_ITSELF)))
      throw new ErasureKeyChanged('The list of erased people was made with another secret')
    return text
  }

  return {
    read: async () => {
      const { hashes } = await readOn()
      if (hashes.length === 0) return undefined
      const text = await secretOf(hashes)
      return (identifier) => isErased(hashes, keyedHash(text, identifier))
    },
    remember: async (identifiers, is) => {
      const asked = [...(is === 'erased' ? [LIST_ITSELF] : []), ...identifiers]
      const text = await secret()
      const named = new Set(asked.map((identifier) => keyedHash(text, identifier)))
      for (;;) {
        const { hashes, last } = await readOn()
        if (hashes.length > 0) await secretOf(hashes)
        const news = [...named].filter((hash) => isErased(hashes, hash) !== (is === 'erased'))
        if (news.length === 0) return
        const { page, bytesBefore } = pageWith(
          last,
          news.map((hash) => wordAbout(hash, is)),
        )
        await table.write(page, bytesBefore)
      }
    },
  }
}

function joined(lists: readonly ErasureWords[]): ErasureWords {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0))
  let length = 0
  for (const list of lists) {
    all.set(list, length)
    length += list.length
  }
  return all
}
