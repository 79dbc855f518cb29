import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'

export type HttpRequest = {
  method?: string
  path?: string
  headers?: Record<string, string>
  query?: Record<string, string>
  /** An object is sent as JSON. */
  body?: unknown
  /** How the gateway hands the body over; REST with binary media types: base64. */
  encoding?: 'base64' | 'text'
}

/** The bytes of a request's body. */
function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function bodyOf({ body, encoding = 'base64' }: HttpRequest) {
  return {
    body: bytesOf(body)?.toString(encoding === 'base64' ? 'base64' : 'utf8'),
    isBase64Encoded: encoding === 'base64',
  }
}

/** A REST API's event (version 1.0), with the fields that the product may read. */
export function restEvent(request: HttpRequest = {}): APIGatewayProxyEvent {
  const { method = 'POST', path = '/v1/batch', headers = {}, query } = request
  const { body, isBase64Encoded } = bodyOf(request)
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod: method,
    path,
    headers,
    queryStringParameters: query ?? null,
    body: body ?? null,
    isBase64Encoded,
  }
  return event as APIGatewayProxyEvent
}

/** An HTTP API's event (version 2.0): header names in lower case, the stage in the path. */
export function httpEvent(request: HttpRequest = {}): APIGatewayProxyEventV2 {
  const { method = 'POST', path = '/v1/batch', headers = {}, query } = request
  const { body, isBase64Encoded } = bodyOf(request)
  const event = {
    version: '2.0',
    rawPath: `/prod${path}`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    ...(query && { queryStringParameters: query }),
    requestContext: { http: { method } },
    ...(body !== undefined && { body }),
    isBase64Encoded,
  }
  return event as unknown as APIGatewayProxyEventV2
}
