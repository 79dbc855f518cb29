import { invalidParameter } from './graph-error.ts'
import { isRecord, parseLosslessJson } from './json.ts'

/** The parameters of a request, whichever way they came. `body` holds those that came in the body. */
type RequestParameters = { all: Record<string, unknown>; body: Record<string, unknown> }

/**
 * Reads the four encodings that Meta's documents, its SDKs and third parties use with this API: JSON body, form body,
 * multipart body, and query string. `payload` and `session` may be objects or JSON texts in each of them.
 */
export async function requestParameters(
  url: URL,
  contentType: string | undefined,
  body: Buffer,
): Promise<RequestParameters> {
  const fromBody = withParsed(await bodyParameters(contentType ?? '', body))
  return { all: { ...withParsed(Object.fromEntries(url.searchParams)), ...fromBody }, body: fromBody }
}

async function bodyParameters(contentType: string, body: Buffer): Promise<Record<string, unknown>> {
  if (body.length === 0) return {}
  if (/^multipart\/form-data/i.test(contentType)) return multipartFields(contentType, body)
  const text = body.toString()
  // A body that curl's --data sent as JSON is announced as a form; one of Meta's own samples does that.
  if (/^application\/json/i.test(contentType) || text.trimStart().startsWith('{')) {
    const parsed = parsedJson(text, 'The body')
    if (!isRecord(parsed)) throw invalidParameter('The body must be a JSON object')
    return parsed
  }
  return Object.fromEntries(new URLSearchParams(text))
}

async function multipartFields(contentType: string, body: Buffer): Promise<Record<string, string>> {
  const response = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- advised against only for servers open to the world
  const form = await response.formData().catch(() => {
    throw invalidParameter('The multipart body cannot be read')
  })
  const fields: Record<string, string> = {}
  for (const [name, value] of form) fields[name] = typeof value === 'string' ? value : await value.text()
  return fields
}

function withParsed(parameters: Record<string, unknown>): Record<string, unknown> {
  const parsed = { ...parameters }
  for (const name of ['payload', 'session']) {
    const value = parsed[name]
    if (typeof value === 'string') parsed[name] = parsedJson(value, `Param ${name}`)
  }
  return parsed
}

function parsedJson(text: string, what: string): unknown {
  try {
    return parseLosslessJson(text)
  } catch {
    throw invalidParameter(`${what} must be valid JSON`)
  }
}

/** Meta's method override: a POST with the parameter `method` counts as that method. */
export function effectiveMethod(method: string, parameters: Record<string, unknown>): string {
  const override = parameters.method
  return method === 'POST' && typeof override === 'string' ? override.toUpperCase() : method
}
