import type { SourceKeys } from '../../config/write-keys.ts'
import { parseWriteKeys } from '../../config/write-keys.ts'

/** The secret cannot be changed so; the message says why, and what to do. */
export class UnchangeableKeys extends Error {
  override name = 'UnchangeableKeys' as const
}

/** The keys of a source in the text of the write-keys secret; undefined when it has none. Throws UnchangeableKeys. */
export function keysIn(text: string, source: string): SourceKeys | undefined {
  const parsed = parseWriteKeys(text)
  if (!parsed)
    throw new UnchangeableKeys(
      'The write-keys secret is no JSON object, and is left as it is. Mend it in Secrets Manager first: {"source":"key"}',
    )
  if (parsed.unreadable.includes(source))
    throw new UnchangeableKeys(
      `The entry of ${source} in the write-keys secret cannot be read, and is left as it is. It must be a text, a list of texts, or {"writeKey":…,"signingSecret":…}.`,
    )
  const found = parsed.sources.find((each) => each.source === source)
  return found && found.writeKeys.length > 0 ? found : undefined
}

/** The text with a new key before the old ones, which stay valid. */
export function withNewKey(text: string, source: string, key: string): string {
  const { writeKeys } = existing(text, source)
  return withKeys(text, source, [key, ...writeKeys])
}

/** The text with the first key of a source alone. */
export function withFirstKey(text: string, source: string): string {
  const { writeKeys } = existing(text, source)
  return withKeys(text, source, writeKeys.slice(0, 1))
}

/** The text with an entry for a source that has no key yet. */
export function withSource(text: string, source: string, key: string, signingSecret: string | undefined): string {
  if (keysIn(text, source))
    throw new UnchangeableKeys(
      `${source} has a key already. See it: write-key show ${source}. Replace it: write-key rotate ${source}`,
    )
  const before = entriesOf(text)[source]
  const kept = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {}
  const secret = signingSecret === undefined ? {} : { signingSecret }
  const entry = { ...secret, ...kept, writeKey: key }
  return JSON.stringify({ ...entriesOf(text), [source]: 'signingSecret' in entry ? entry : key })
}

function existing(text: string, source: string): SourceKeys {
  const keys = keysIn(text, source)
  if (!keys) throw new UnchangeableKeys(`${source} has no key yet. Make one: write-key add ${source}`)
  return keys
}

function withKeys(text: string, source: string, keys: readonly string[]): string {
  const entries = entriesOf(text)
  const before = entries[source]
  const writeKey = keys.length === 1 ? keys[0] : keys
  const isObject = typeof before === 'object' && before !== null && !Array.isArray(before)
  return JSON.stringify({ ...entries, [source]: isObject ? { ...before, writeKey } : writeKey })
}

function entriesOf(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}
