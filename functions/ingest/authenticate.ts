import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SourceKeys, WriteKeys } from '../../lib/config/write-keys.ts'
import { sourcesOfKey } from './write-keys.ts'
import type { KeyRing } from './write-keys.ts'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { MAX_BODY_BYTES, MAX_BODY_BYTES_WITHOUT_KEY, decodeBody } from '../../lib/track/request.ts'
import type { DecodedBody, TrackRequest } from '../../lib/track/request.ts'
import { allowsOrigin, keyInBody, keyOutsideBody } from '../../lib/track/given-key.ts'
import type { Refusal } from './answer.ts'

/** Who may send, and what was sent. */
type Authenticated =
  | { ok: true; source: Source; json: object }
  /** `problem`: what is wrong with the body. */
  | { ok: false; reason: Refusal; problem?: string }

/**
 * Finds out who sends a request, and decodes its body. If the key is not outside of the body, a small body is decoded
 * and searched for it. Rejects while no write key could ever be read.
 */
export async function authenticate(
  request: TrackRequest,
  sources: readonly Source[],
  keys: KeyRing,
): Promise<Authenticated> {
  const origin = request.header('origin')
  const outside = keyOutsideBody(request, sources)
  const early = outside === undefined ? undefined : await findSource(outside, origin, sources, keys)
  if (early && !early.ok) return early
  const body = bodyOf(request, early ? MAX_BODY_BYTES : MAX_BODY_BYTES_WITHOUT_KEY)
  if (!body.ok) {
    const reason = body.code === 'payload_too_large' && !early ? 'payload_too_large_without_key' : body.code
    return { ok: false, reason, ...(body.code === 'invalid_json' && { problem: body.problem }) }
  }
  const inside = early ? undefined : keyInBody(body.json)
  if (!early && inside === undefined) return { ok: false, reason: 'key_missing' }
  const found = early ?? (await findSource(inside ?? '', origin, sources, keys))
  if (!found.ok) return found
  const { source, signingSecret } = found
  if (source.signed && !hasValidSignature(request, body.json, signingSecret))
    return { ok: false, reason: 'signature_invalid' }
  return { ok: true, source, json: body.json }
}

// A GET has no body.
function bodyOf({ route, rawBody }: TrackRequest, maxBytes: number): DecodedBody {
  return route.kind === 'erasures' ? { ok: true, json: {} } : decodeBody(rawBody, maxBytes)
}

type Found = { ok: true; source: Source; signingSecret: string | undefined }

// An unknown key may be newer than the secret in memory. So the secret is read again before anybody is refused.
async function findSource(
  key: string,
  origin: string | undefined,
  sources: readonly Source[],
  keys: KeyRing,
): Promise<Found | { ok: false; reason: Refusal }> {
  const known = await keys.get()
  const found = known && sourceOf(key, origin, known, sources)
  if (found?.ok) return found
  const fresh = await keys.refresh()
  const again = fresh && sourceOf(key, origin, fresh, sources)
  if (again) return again
  // The key may be that of an entry that cannot be read. So the sender is told to keep the events and try again.
  return { ok: false, reason: !fresh || fresh.unreadable.length > 0 ? 'keys_unreadable' : 'key_unknown' }
}

/**
 * The source of a key and an origin. A source with `allowedOrigins` may be used only from these origins. A source
 * without them may be used from no browser, because every visitor of a page can read its key.
 */
function sourceOf(
  key: string,
  origin: string | undefined,
  keys: WriteKeys,
  sources: readonly Source[],
): Found | { ok: false; reason: 'origin_not_allowed' } | undefined {
  const holders: readonly SourceKeys[] = sourcesOfKey(key, keys.sources)
  for (const source of sources) {
    const holder = holders.find((candidate) => candidate.source === source.name)
    if (holder && allowsOrigin(source, origin)) return { ok: true, source, signingSecret: holder.signingSecret }
  }
  return holders.length > 0 ? { ok: false, reason: 'origin_not_allowed' } : undefined
}

/**
 * Whether `x-signature` is the hex HMAC-SHA1 of the body. Segment signs only the first element of a batch, so the
 * signature says nothing about the others. That is why the write key is needed as well.
 */
function hasValidSignature(request: TrackRequest, json: unknown, signingSecret: string | undefined): boolean {
  const given = request.header('x-signature')
  if (signingSecret === undefined || signingSecret === '' || given === undefined) return false
  const signed = Array.isArray(json) ? elementText(json[0]) : request.rawBody
  if (signed === undefined) return false
  const expected = createHmac('sha1', signingSecret).update(signed).digest()
  const actual = Buffer.from(given.trim(), 'hex')
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

// JSON.stringify fails on deeply nested JSON. Nobody has signed such a body.
function elementText(element: unknown): string | undefined {
  try {
    return JSON.stringify(element ?? null)
  } catch {
    return undefined
  }
}
