import { createHash, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'

const entry = v.union([
  v.string(),
  v.array(v.string()),
  v.object({ writeKey: v.optional(v.unknown()), signingSecret: v.optional(v.string()) }),
])
const writeKeysSecret = v.record(v.string(), entry)

/** What a source authenticates with. Several keys are valid at once while one replaces another. */
export type SourceKeys = { source: string; writeKeys: readonly string[]; signingSecret: string | undefined }

/** The write-keys secret is not what it should be; the message says so without its content. */
export class WriteKeysError extends Error {
  override name = 'WriteKeysError' as const
}

/**
 * Reads the write-keys secret: `{"<source>": "<key>"}`, a list of keys while one is replaced, or
 * `{"writeKey": …, "signingSecret": "…"}` for a source whose webhooks are signed. Throws WriteKeysError.
 */
export function parseWriteKeys(text: string): SourceKeys[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new WriteKeysError('The write-keys secret is not JSON')
  }
  const parsed = v.safeParse(writeKeysSecret, json)
  if (!parsed.success || Array.isArray(json))
    throw new WriteKeysError('The write-keys secret must map source names to keys')
  return Object.entries(parsed.output).map(([source, value]) => {
    const keys = typeof value === 'object' && !Array.isArray(value) ? value.writeKey : value
    return {
      source,
      writeKeys: (Array.isArray(keys) ? keys : [keys]).filter((key) => typeof key === 'string' && key !== ''),
      signingSecret: typeof value === 'object' && !Array.isArray(value) ? value.signingSecret : undefined,
    }
  })
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
