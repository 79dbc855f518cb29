import { createHmac } from 'node:crypto'
import type { Source } from '../config/destinations-schema.ts'
import type { SourceKeys } from '../config/write-keys.ts'
import { jsonMistake } from '../track/json-problem.ts'

/** The headers by which ingest knows a source: its key, an origin that it allows, and the signature of the body. */
export function headersOf(
  source: Source,
  { writeKeys, signingSecret }: Pick<SourceKeys, 'writeKeys' | 'signingSecret'>,
  body: string,
): Record<string, string> {
  const [origin] = source.allowedOrigins ?? []
  return {
    authorization: `Basic ${Buffer.from(`${writeKeys.at(-1) ?? ''}:`).toString('base64')}`,
    'content-type': 'application/json',
    ...(origin !== undefined && { origin: origin === '*' ? 'https://shop.example' : origin }),
    ...(source.signed && { 'x-signature': signatureOf(body, signingSecret ?? '') }),
  }
}

/** Segment's `x-signature`: of a list, its first element is signed. A body that is no JSON is refused whatever it has. */
function signatureOf(body: string, secret: string): string {
  const isList = body.trimStart().startsWith('[') && jsonMistake(body) === undefined
  const signed = isList ? JSON.stringify((JSON.parse(body) as unknown[])[0] ?? null) : body
  return createHmac('sha1', secret).update(signed).digest('hex')
}
