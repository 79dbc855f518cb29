import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../lib/aws/secret.ts'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { parseWriteKeys } from '../../lib/config/write-keys.ts'
import type { SourceKeys, WriteKeys } from '../../lib/config/write-keys.ts'

/** The keys of all sources in this environment; undefined while the secret could never be read. */
export type KeyRing = {
  get: () => Promise<WriteKeys | undefined>
  /** Reads the secret again because a key is unknown, but at most once in ten seconds. */
  refresh: () => Promise<WriteKeys | undefined>
}

/**
 * What is wrong with a version of the secret: entries that cannot be read, by source, or the reason why nothing can be
 * read. Also sources that have no key in it, and signed sources that have no signing secret.
 */
export type KeyProblems = { unreadable: readonly string[] | { all: string }; missing: readonly string[] }

/**
 * The write keys of these sources in a secret. If an entry or the whole of a new version cannot be read, the last good
 * version of it serves, and the secret is read again every ten seconds. `report` is told once about each version, and
 * each time when there is no version at all.
 */
export function createKeyRing(
  secret: Secret,
  sources: readonly Pick<Source, 'name' | 'signed'>[],
  report: (problems: KeyProblems) => void,
): KeyRing {
  const names = sources.map(({ name }) => name)
  let known: { text?: string; keys: WriteKeys | undefined; whole: boolean } = { keys: undefined, whole: false }

  const take = (text: string): WriteKeys | undefined => {
    if (text === known.text) return known.keys
    const all = parseWriteKeys(text)
    const read = all && ofSources(all, names)
    report({
      unreadable: read?.unreadable ?? { all: 'no_json_object' },
      missing: read ? sourcesWithoutKeys(sources, read) : [],
    })
    const keys = read ? filledUp(read, known.keys) : known.keys && { ...known.keys, unreadable: names }
    known = { text, keys, whole: read?.unreadable.length === 0 }
    return known.keys
  }
  const read = async (text: () => Promise<string>) => {
    try {
      return take(await text())
    } catch (error) {
      report({ unreadable: { all: error instanceof Error ? error.name : 'unknown' }, missing: [] })
      return undefined
    }
  }
  return { get: () => read(known.whole ? secret.get : secret.refresh), refresh: () => read(secret.refresh) }
}

function sourcesWithoutKeys(
  sources: readonly Pick<Source, 'name' | 'signed'>[],
  { sources: read, unreadable }: WriteKeys,
): string[] {
  const isUsable = ({ name, signed }: Pick<Source, 'name' | 'signed'>) =>
    unreadable.includes(name) ||
    read.some(
      ({ source, writeKeys, signingSecret = '' }) =>
        source === name && writeKeys.length > 0 && (!signed || signingSecret !== ''),
    )
  return sources.filter((source) => !isUsable(source)).map(({ name }) => name)
}

function ofSources({ sources, unreadable }: WriteKeys, names: readonly string[]): WriteKeys {
  return {
    sources: sources.filter(({ source }) => names.includes(source)),
    unreadable: unreadable.filter((name) => names.includes(name)),
  }
}

/**
 * An unreadable entry is served by its last good version. It stays named as unreadable, because it may hold new keys.
 */
function filledUp({ sources, unreadable }: WriteKeys, before: WriteKeys | undefined): WriteKeys {
  return {
    sources: [...sources, ...(before?.sources.filter(({ source }) => unreadable.includes(source)) ?? [])],
    unreadable,
  }
}

/** The sources that a key belongs to. Compares with all keys, in constant time. */
export function sourcesOfKey(key: string, sources: readonly SourceKeys[]): SourceKeys[] {
  const given = digest(key)
  return sources.filter(({ writeKeys }) =>
    writeKeys.map((known) => timingSafeEqual(given, digest(known))).includes(true),
  )
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
