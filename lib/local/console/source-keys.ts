import type { Source } from '../../config/destinations-schema.ts'
import { parseWriteKeys } from '../../config/write-keys.ts'
import type { SourceKeys } from '../../config/write-keys.ts'
import { allowsOrigin, keyInBody, keyOutsideBody } from '../../track/given-key.ts'
import type { TrackRequest } from '../../track/request.ts'

/** The credentials of sources as they are now: they may be rotated while the stack runs. */
export type CurrentKeys = () => readonly SourceKeys[]

/** Reads the write-keys secret whenever it has changed. */
export function createCurrentKeys(secret: () => string): CurrentKeys {
  let known: { text: string; keys: readonly SourceKeys[] } = { text: '', keys: [] }
  return () => {
    const text = secret()
    if (text !== known.text) known = { text, keys: parseWriteKeys(text)?.sources ?? [] }
    return known.keys
  }
}

/** The source that sent a request, as ingest finds it; undefined when its key is that of none. */
export function senderOf(
  request: TrackRequest,
  json: unknown,
  sources: readonly Source[],
  keys: CurrentKeys,
): Source | undefined {
  const key = keyOutsideBody(request, sources) ?? keyInBody(json)
  if (key === undefined) return undefined
  const holders = new Set(keys().flatMap(({ source, writeKeys }) => (writeKeys.includes(key) ? [source] : [])))
  return sources.find((source) => holders.has(source.name) && allowsOrigin(source, request.header('origin')))
}
