import { createHash, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import type { Secret } from '../../lib/aws/secret.ts'
import type { Source } from '../../lib/config/destinations-schema.ts'

const key = v.pipe(v.string(), v.trim())
const keys = v.union([key, v.array(key)])
const entry = v.union([
  keys,
  v.strictObject({ writeKey: v.exactOptional(keys), signingSecret: v.exactOptional(v.pipe(v.string(), v.trim())) }),
])
const writeKeysSecret = v.pipe(
  v.string(),
  v.parseJson(),
  v.check((json) => !Array.isArray(json)),
  v.record(v.string(), v.unknown()),
)

/** What a source authenticates with. Several keys are valid at once while one replaces another. */
export type SourceKeys = { source: string; writeKeys: readonly string[]; signingSecret: string | undefined }

/** What a write-keys secret says: the sources whose entry can be read, and the names of the others. */
export type WriteKeys = { sources: readonly SourceKeys[]; unreadable: readonly string[] }

/**
 * Reads the write-keys secret: `{"<source>": "<key>"}`, a list of keys while one is replaced, or
 * `{"writeKey": …, "signingSecret": "…"}` for a source whose webhooks are signed. Each entry is judged alone. Undefined
 * where the whole is no JSON object.
 */
export function parseWriteKeys(text: string): WriteKeys | undefined {
  const parsed = v.safeParse(writeKeysSecret, text)
  if (!parsed.success) return undefined
  const entries = Object.entries(parsed.output).map(([source, value]) => ({ source, keys: keysOf(source, value) }))
  return {
    sources: entries.flatMap(({ keys }) => keys ?? []),
    unreadable: entries.flatMap(({ source, keys }) => (keys ? [] : [source])),
  }
}

function keysOf(source: string, value: unknown): SourceKeys | undefined {
  const parsed = v.safeParse(entry, value)
  if (!parsed.success) return undefined
  const read = parsed.output
  const { writeKey = [], signingSecret } = typeof read === 'string' || Array.isArray(read) ? { writeKey: read } : read
  return { source, writeKeys: [writeKey].flat().filter((each) => each !== ''), signingSecret }
}

/** The keys of all sources as an environment knows them; undefined while the secret could never be read. */
export type KeyRing = {
  get: () => Promise<WriteKeys | undefined>
  /** Reads the secret again, unless that happened within the last ten seconds; for a key that is not known. */
  refresh: () => Promise<WriteKeys | undefined>
}

/**
 * What is wrong with a version of the secret: entries that cannot be read, by source, or all of it and why; and sources that have
 * no key in it, or no signing secret although they are signed.
 */
export type KeyProblems = { unreadable: readonly string[] | { all: string }; missing: readonly string[] }

/**
 * The write keys of these sources in a secret. What cannot be read of a new version, one entry or the whole, is taken
 * from the last that could, and the secret is then read again every ten seconds. `report` hears of each version once, and
 * each time that there is none.
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

/** What cannot be read is taken from before, and may hold new keys all the same: so it stays named. */
function filledUp({ sources, unreadable }: WriteKeys, before: WriteKeys | undefined): WriteKeys {
  return {
    sources: [...sources, ...(before?.sources.filter(({ source }) => unreadable.includes(source)) ?? [])],
    unreadable,
  }
}

/** The sources that a key belongs to. Compares with all of them, in constant time. */
export function sourcesOfKey(key: string, sources: readonly SourceKeys[]): SourceKeys[] {
  const given = digest(key)
  return sources.filter(({ writeKeys }) =>
    writeKeys.map((known) => timingSafeEqual(given, digest(known))).includes(true),
  )
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
