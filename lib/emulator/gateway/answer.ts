import type { InvocationResult } from '../lambda/invocation-result.ts'

export type HttpAnswer = { status: number; headers: Record<string, string | string[]>; body: Buffer }

/** One `AWS::ApiGateway::GatewayResponse` of the template. */
export type GatewayResponse = {
  type: string
  status?: number
  /** Mapping expressions by header name. */
  headers: Record<string, string>
  /** The template for application/json. */
  template?: string
}

/** Errors that the gateway answers itself. Source: "Gateway response types for API Gateway". */
const GATEWAY_ERRORS = {
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'Unsupported Media Type' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out' },
  // A failed function and a malformed answer share one type.
  DEFAULT_5XX: { status: 502, message: 'Internal server error' },
} as const

export type GatewayError = keyof typeof GATEWAY_ERRORS

/**
 * The gateway's own answer to an error: from the error's type in the template, else from DEFAULT_4XX or DEFAULT_5XX,
 * else `{"message":…}`. `header` gives the values of request headers. Source: "Gateway responses in API Gateway".
 */
export function errorAnswer(
  type: GatewayError,
  responses: readonly GatewayResponse[],
  requestId: string,
  header: (name: string) => string | undefined,
): HttpAnswer {
  const { status, message } = GATEWAY_ERRORS[type]
  const fallback = status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'
  const found =
    responses.find((response) => response.type === type) ?? responses.find((response) => response.type === fallback)
  const context: Record<string, string> = {
    'error.message': message,
    'error.messageString': JSON.stringify(message),
    'error.responseType': type,
    requestId,
  }
  const template = found?.template ?? '{"message":$context.error.messageString}'
  const values = Object.entries(found?.headers ?? {}).map(([name, mapping]) => [name, mapped(mapping, header)] as const)
  return {
    status: found?.status ?? status,
    headers: {
      'content-type': 'application/json',
      ...Object.fromEntries(values.filter((entry): entry is readonly [string, string] => entry[1] !== undefined)),
    },
    body: Buffer.from(
      template.replace(/\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)/g, (_, name: string) => context[name] ?? ''),
    ),
  }
}

function mapped(expression: string, header: (name: string) => string | undefined): string | undefined {
  const constant = /^'(.*)'$/.exec(expression)?.[1]
  return constant ?? header(/^method\.request\.header\.(.+)$/.exec(expression)?.[1] ?? '')
}

/**
 * A function's answer as the gateway sends it, or undefined when it failed or the answer is malformed (502).
 * Source: "Set up Lambda proxy integrations in API Gateway", output format.
 */
export function proxyAnswer(result: InvocationResult): HttpAnswer | undefined {
  if (!result.ok || typeof result.payload !== 'object' || result.payload === null) return undefined
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = result.payload as Record<string, unknown>
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined
  const sent: HttpAnswer['headers'] = { 'content-type': 'application/json' }
  for (const [name, value] of Object.entries(headers ?? {})) sent[name.toLowerCase()] = String(value)
  for (const [name, values] of Object.entries(multiValueHeaders ?? {}))
    sent[name.toLowerCase()] = (values as unknown[]).map(String)
  return { status, headers: sent, body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8') }
}
