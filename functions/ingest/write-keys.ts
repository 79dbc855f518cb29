import { createHash, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import type { Secret } from '../../lib/aws/secret.ts'

const entry = v.union([
  v.string(),
  v.array(v.string()),
  v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value)),
    v.object({ writeKey: v.optional(v.unknown()), signingSecret: v.optional(v.string()) }),
  ),
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
  const isObject = typeof read === 'object' && !Array.isArray(read)
  const keys = isObject ? read.writeKey : read
  return {
    source,
    writeKeys: (Array.isArray(keys) ? keys : [keys]).filter((key) => typeof key === 'string' && key !== ''),
    signingSecret: isObject ? read.signingSecret : undefined,
  }
}

/** The keys of all sources as an environment knows them. */
export type KeyRing = {
  get: () => Promise<WriteKeys>
  /** Reads the secret again, unless that happened within the last ten seconds; for a key that is not known. */
  refresh: () => Promise<WriteKeys>
}

/** The write-keys secret is no JSON object; the message says so without its content. */
export class WriteKeysError extends Error {
  override name = 'WriteKeysError' as const
}

/** What is wrong with a version of the secret: sources by name, or all of it. */
export type KeyProblems = { unreadable: readonly string[] | 'all'; missing: readonly string[] }

/**
 * The write keys of these sources in a secret. What cannot be read of a new version, one entry or the whole, is taken
 * from the last that could, and the secret is then read again every ten seconds. `report` hears of each version once.
 * Rejects with WriteKeysError where nothing was ever readable.
 */
export function createKeyRing(
  secret: Secret,
  names: readonly string[],
  report: (problems: KeyProblems) => void,
): KeyRing {
  let known: { text?: string; keys: WriteKeys | undefined; whole: boolean } = { keys: undefined, whole: false }

  const take = (text: string): WriteKeys => {
    if (text !== known.text) {
      const all = parseWriteKeys(text)
      const read = all && ofSources(all, names)
      const isThere = (name: string) =>
        read?.sources.some(({ source }) => source === name) === true || read?.unreadable.includes(name) === true
      report({ unreadable: read?.unreadable ?? 'all', missing: read ? names.filter((name) => !isThere(name)) : [] })
      known = { text, keys: read ? filledUp(read, known.keys) : known.keys, whole: read?.unreadable.length === 0 }
    }
    if (!known.keys) throw new WriteKeysError('The write-keys secret must be a JSON object of source names and keys')
    return known.keys
  }
  const refresh = async () => take(await secret.refresh())
  return { get: async () => (known.whole ? take(await secret.get()) : refresh()), refresh }
}

function ofSources({ sources, unreadable }: WriteKeys, names: readonly string[]): WriteKeys {
  return {
    sources: sources.filter(({ source }) => names.includes(source)),
    unreadable: unreadable.filter((name) => names.includes(name)),
  }
}

/** What is `unreadable` still then was never readable. */
function filledUp({ sources, unreadable }: WriteKeys, before: WriteKeys | undefined): WriteKeys {
  const kept = before?.sources.filter(({ source }) => unreadable.includes(source)) ?? []
  return {
    sources: [...sources, ...kept],
    unreadable: unreadable.filter((name) => !kept.some(({ source }) => source === name)),
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
