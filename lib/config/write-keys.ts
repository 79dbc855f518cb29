import * as v from 'valibot'

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

/** The credentials of a source. It may have several valid keys while one replaces another. */
export type SourceKeys = { source: string; writeKeys: readonly string[]; signingSecret: string | undefined }

/** The content of a write-keys secret: the sources whose entry can be read, and the names of the others. */
export type WriteKeys = { sources: readonly SourceKeys[]; unreadable: readonly string[] }

/**
 * Reads the write-keys secret, a JSON object with an entry for each source. An entry is one of these:
 * - the key
 * - a list of keys, while one replaces another
 * - `{"writeKey": …, "signingSecret": "…"}`, for a source whose webhooks are signed
 * Each entry is judged alone. Undefined if the whole is not a JSON object.
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
