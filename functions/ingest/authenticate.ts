import { createHmac, timingSafeEqual } from 'node:crypto'
import { sourcesOfKey } from '../../lib/aws/write-keys.ts'
import type { SourceKeys } from '../../lib/aws/write-keys.ts'
import type { Source } from '../../lib/config/destinations-schema.ts'
import type { TrackRequest } from '../../lib/track/request.ts'

/**
 * The write key that came outside the body, from the first place that has one: Basic user name, query, X-Write-Key,
 * a configured secret header. Some SDKs send it in the body alone, which has to be decoded first.
 */
export function keyOutsideBody(request: TrackRequest, sources: readonly Source[]): string | undefined {
  const basic = /^Basic\s+(.+)$/i.exec(request.header('authorization') ?? '')?.[1]
  const user = basic && Buffer.from(basic, 'base64').toString('utf8').split(':', 1)[0]
  // Jitsu's clients take and send no key but "key:secret".
  const jitsu = request.header('x-write-key')?.split(':', 1)[0]
  const secretHeaders = sources.flatMap(({ secretHeader }) => (secretHeader ? request.header(secretHeader) : undefined))
  const candidates = [user, request.query('writeKey'), jitsu, ...secretHeaders]
  return candidates.find((candidate) => candidate !== undefined && candidate !== '')
}

/** The write key in an envelope, where Segment's older SDKs put it. */
export function keyInBody(json: unknown): string | undefined {
  const { writeKey } = json as { writeKey?: unknown }
  return typeof writeKey === 'string' && writeKey !== '' ? writeKey : undefined
}

/**
 * The source that a key and an origin belong to. A source with `allowedOrigins` is used from these origins alone, and
 * one without from no browser at all, because every visitor of a page can read its key.
 */
export function sourceOf(
  key: string,
  origin: string | undefined,
  keys: readonly SourceKeys[],
  sources: readonly Source[],
): { source: Source; signingSecret: string | undefined } | undefined {
  const holders = sourcesOfKey(key, keys)
  for (const source of sources) {
    const holder = holders.find((candidate) => candidate.source === source.name)
    if (holder && allowsOrigin(source, origin)) return { source, signingSecret: holder.signingSecret }
  }
  return undefined
}

function allowsOrigin({ allowedOrigins }: Source, origin: string | undefined): boolean {
  if (!allowedOrigins) return origin === undefined
  return allowedOrigins.includes('*') || (origin !== undefined && allowedOrigins.includes(origin))
}

/**
 * Whether `x-signature` is the hex HMAC-SHA1 of the body. Segment signs a batch over its first element alone, which
 * authenticates none of the others: that is why the write key is asked for as well.
 */
export function hasValidSignature(request: TrackRequest, json: unknown, signingSecret: string | undefined): boolean {
  const given = request.header('x-signature')
  if (signingSecret === undefined || signingSecret === '' || given === undefined) return false
  const signed = Array.isArray(json) ? elementText(json[0]) : request.rawBody
  if (signed === undefined) return false
  const expected = createHmac('sha1', signingSecret).update(signed).digest()
  const actual = Buffer.from(given.trim(), 'hex')
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

// JSON may be nested deeper than JSON.stringify can write it; nobody has signed that.
function elementText(element: unknown): string | undefined {
  try {
    return JSON.stringify(element ?? null)
  } catch {
    return undefined
  }
}
