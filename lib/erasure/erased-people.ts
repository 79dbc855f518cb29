import { NOBODY, isErased, wasErased, withWords } from './erased-hashes.ts'
import type { ErasedHashes } from './erased-hashes.ts'
import { keyedHash } from './keyed-hash.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { pageWith, wordAbout, wordsIn } from './page.ts'
import type { ErasureWords, Page, PageTable } from './page.ts'

/** Whether an identifier is erased, or `ever` was, by the list as it was when it was asked for. */
export type IsErased = (identifier: string, when?: 'now' | 'ever') => boolean

/** The words about people none of whose identifiers was erased. */
export function withoutErased<W extends { identifiers: readonly string[] }>(
  words: readonly W[],
  isErased: IsErased,
): readonly W[] {
  return words.filter(({ identifiers }) => !identifiers.some((each) => isErased(each)))
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
type Known = { list: ErasedHashes; last: Page | undefined }

/** The secret of the list: see `Secret` in lib/aws/secret.ts. */
type ListSecret = { get: () => Promise<string>; refresh: () => Promise<string> }

/**
 * The list of erased people, of which an execution environment keeps what it has read. Only what was written since is read
 * anew: one read unit for each turn of an audience. The secret is asked for only when somebody is on the list. `pause` is
 * a short wait of a random length, after somebody else was faster.
 */
export function createErasedPeople(
  table: PageTable,
  secret: ListSecret,
  pause: () => Promise<unknown> = () => Promise.resolve(),
): ErasedPeople {
  let known: Known = { list: NOBODY, last: undefined }
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<Known> | undefined

  // One reading at a time. All who ask before it begins share it, and its failure: a hundred turns that each tried the
  // table for themselves, one after the other, would outlast their invocation.
  const readOn = (): Promise<Known> => {
    const begin = () => {
      next = undefined
      const reading = readBehind(table, known)
      running = reading.then(({ known: read }) => {
        known = read
      })
      return reading
    }
    next ??= running.then(begin).then(({ known: read, failure }) => {
      if (failure) throw failure.error
      return read
    })
    return next
  }

  return {
    read: async () => {
      const { list, last } = await readOn()
      if (last === undefined) return undefined
      const text = await secretOf({ list, last }, secret)
      return (identifier, when = 'now') => {
        const hash = keyedHash(text, identifier)
        return when === 'now' ? isErased(list, hash) : wasErased(list, hash)
      }
    },
    remember: async (identifiers, is) => {
      let { list, last } = await readOn()
      const text = await secretOf({ list, last }, secret)
      const asked = [...(is === 'erased' ? [LIST_ITSELF] : []), ...identifiers]
      const isNews = (hash: KeyedHash) => isErased(list, hash) !== (is === 'erased')
      let news = [...new Set(asked.map((identifier) => keyedHash(text, identifier)))].filter(isNews)
      while (news.length > 0) {
        const { page, added } = pageWith(
          last,
          news.map((hash) => wordAbout(hash, is)),
        )
        if (await table.write(page, added)) {
          news = news.slice(added)
          last = page
        } else {
          await pause()
          ;({ list, last } = await readOn())
          await secretOf({ list, last }, secret)
          news = news.filter(isNews)
        }
      }
    },
  }
}

/** Reads what was written behind what is known. What was read before a failure is kept: a long list takes many calls. */
async function readBehind(
  table: PageTable,
  { list, last: before }: Known,
): Promise<{ known: Known; failure?: { error: unknown } }> {
  const words: ErasureWords[] = []
  let last = before
  let failure: { error: unknown } | undefined
  try {
    for await (const pages of table.read(before?.number ?? 0)) {
      for (const { number, bytes } of pages)
        words.push(wordsIn(number === before?.number ? bytes.subarray(before.bytes.length) : bytes))
      last = pages.at(-1) ?? last
    }
  } catch (error) {
    failure = { error }
  }
  return { known: { list: withWords(list, joined(words)), last }, ...(failure && { failure }) }
}

/** The secret with which this list was made. Rejects with ErasureKeyChanged while it is another one. */
async function secretOf({ list, last }: Known, secret: ListSecret): Promise<string> {
  const fits = (text: string) => text !== '' && (last === undefined || isErased(list, keyedHash(text, LIST_ITSELF)))
  const text = await secret.get()
  if (fits(text)) return text
  const fresh = await secret.refresh()
  if (fits(fresh)) return fresh
  throw new ErasureKeyChanged('The secret is empty, or the list of erased people was made with another one')
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
