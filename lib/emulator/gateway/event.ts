import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import type { APIGatewayProxyEvent } from 'aws-lambda'

type GatewayRequest = {
  method: string
  /** Path and query as on the request line. */
  url: string
  /** Names and values in turn, as they were sent. */
  rawHeaders: readonly string[]
  body: Buffer
  sourceIp: string
  requestId: string
  /** Milliseconds. */
  receivedAt: number
}

const STAGE = 'prod'
const UNPACK = { gzip: promisify(gunzip), deflate: promisify(inflate) }

/** Unpacking stops here, because the inflated body alone would pass Lambda's 6 MB. */
const MAX_INFLATED_BYTES = 10 * 1024 * 1024

/**
 * The body as the gateway passes it on: what Content-Encoding announces is unpacked, and the header stays.
 * 'unsupported' for another coding or bytes that are not what the header says, 'too_large' when it inflates too far.
 * Source: "Call an API method with a compressed payload".
 */
export async function unpackBody(
  body: Buffer,
  contentEncoding: string | undefined,
): Promise<Buffer | 'unsupported' | 'too_large'> {
  const coding = contentEncoding?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '' || body.length === 0) return body
  if (coding !== 'gzip' && coding !== 'deflate') return 'unsupported'
  try {
    return await UNPACK[coding](body, { maxOutputLength: MAX_INFLATED_BYTES })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'unsupported'
  }
}

/**
 * The REST API proxy event (version 1.0) of an API whose binary media types are all types: every body is base64.
 * Source: "Set up Lambda proxy integrations in API Gateway", input format.
 */
export function toProxyEvent(request: GatewayRequest): APIGatewayProxyEvent {
  const { method, body, requestId, sourceIp, receivedAt } = request
  const url = new URL(request.url, 'http://gateway')
  const headers = groupValues([
    ...pairs(request.rawHeaders),
    ['X-Forwarded-For', sourceIp],
    ['X-Forwarded-Proto', 'http'],
  ])
  const query = groupValues([...url.searchParams])
  const proxy = url.pathname.slice(1)
  const resource = proxy === '' ? '/' : '/{proxy+}'
  return {
    resource,
    path: url.pathname,
    httpMethod: method,
    headers: lastValues(headers),
    multiValueHeaders: headers,
    queryStringParameters: url.search.length > 1 ? lastValues(query) : null,
    multiValueQueryStringParameters: url.search.length > 1 ? query : null,
    pathParameters: proxy === '' ? null : { proxy: decode(proxy) },
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      authorizer: null,
      domainName: '127.0.0.1',
      domainPrefix: 'local',
      extendedRequestId: requestId,
      httpMethod: method,
      identity: { ...NO_IDENTITY, sourceIp, userAgent: headerValue(request.rawHeaders, 'user-agent') ?? null },
      path: `/${STAGE}${url.pathname}`,
      protocol: 'HTTP/1.1',
      requestId,
      requestTime: new Date(receivedAt).toUTCString(),
      requestTimeEpoch: receivedAt,
      resourceId: 'local',
      resourcePath: resource,
      stage: STAGE,
    },
    body: body.length > 0 ? body.toString('base64') : null,
    isBase64Encoded: body.length > 0,
  }
}

/** The last value of a header among raw headers, whatever the case of its name. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  return pairs(rawHeaders).findLast(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
    rawHeaders[2 * index] ?? '',
    rawHeaders[2 * index + 1] ?? '',
  ])
}

function groupValues(entries: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [name, value] of entries) groups.set(name, [...(groups.get(name) ?? []), value])
  return Object.fromEntries(groups)
}

function lastValues(groups: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, values]) => [name, values.at(-1) ?? '']))
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const NO_IDENTITY = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
}
