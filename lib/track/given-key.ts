import type { Source } from '../config/destinations-schema.ts'
import type { TrackRequest } from './request.ts'

/**
 * The write key outside of the body, from the first place that has one: Basic user name, query, X-Write-Key, a
 * configured secret header. Some SDKs send it only in the body, which has to be decoded first.
 */
export function keyOutsideBody(request: TrackRequest, sources: readonly Source[]): string | undefined {
  const basic = /^Basic\s+(.+)$/i.exec(request.header('authorization') ?? '')?.[1]
  const user = basic && Buffer.from(basic, 'base64').toString('utf8').split(':', 1)[0]
  // Jitsu's clients accept only keys of the form "key:secret".
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

/** Whether a source may be used by a page of this origin, or by a server, which sends none. */
export function allowsOrigin({ allowedOrigins }: Source, origin: string | undefined): boolean {
  if (!allowedOrigins) return origin === undefined
  return allowedOrigins.includes('*') || (origin !== undefined && allowedOrigins.includes(origin))
}
