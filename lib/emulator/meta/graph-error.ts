/** What an error answer says. `status` is the HTTP status, the rest are fields of Meta's error object. */
export type GraphErrorFields = {
  status: number
  code: number
  message: string
  type?: 'OAuthException' | 'GraphMethodException'
  subcode?: number
  transient?: boolean
  title?: string
  userMessage?: string
}

/** A request that the Graph API refuses. Thrown wherever the reason is found, answered in one place. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly fields: GraphErrorFields

  constructor(fields: GraphErrorFields) {
    super(fields.message)
    this.fields = fields
  }
}

/** The answer's body. Source: Meta's error handling guide, and recorded answers for `is_transient`. */
export function errorBody(fields: GraphErrorFields, traceId: string) {
  return {
    error: {
      message: fields.message,
      type: fields.type ?? 'OAuthException',
      ...(fields.transient === undefined ? {} : { is_transient: fields.transient }),
      code: fields.code,
      ...(fields.subcode === undefined ? {} : { error_subcode: fields.subcode }),
      ...(fields.title === undefined ? {} : { error_user_title: fields.title }),
      ...(fields.userMessage === undefined ? {} : { error_user_msg: fields.userMessage }),
      fbtrace_id: traceId,
    },
  }
}

/** The `WWW-Authenticate` header of an error answer. Its four kinds are recorded; which code has which is inferred. */
export function authenticateHeader({ code, message }: GraphErrorFields): string {
  return `OAuth "Facebook Platform" "${errorKind(code)}" "${message.replace(/[^\x20-\x7e]/g, '?')}"`
}

function errorKind(code: number): string {
  if (code === 190 || code === 102 || code === 104) return 'invalid_token'
  if (code === 10 || (code >= 200 && code < 300)) return 'access_denied'
  return 'invalid_request'
}

/** A parameter that cannot be used: code 100, prefixed as recorded answers are. */
export function invalidParameter(text: string, more: Partial<GraphErrorFields> = {}): GraphError {
  return new GraphError({ status: 400, code: 100, message: `(#100) ${text}`, ...more })
}

/** 100/33: Meta does not tell a missing object from one that the token may not see. Recorded text. */
export function unsupportedRequest(method: string, objectId: string): GraphError {
  return new GraphError({
    status: 400,
    code: 100,
    subcode: 33,
    type: 'GraphMethodException',
    message:
      `Unsupported ${method.toLowerCase()} request. Object with ID '${objectId}' does not exist, cannot be loaded due ` +
      'to missing permissions, or does not support this operation. Please read the Graph API documentation at ' +
      'https://developers.facebook.com/docs/graph-api',
  })
}

/** 2500: a path that leads nowhere. */
export function unknownPath(path: string): GraphError {
  return new GraphError({ status: 400, code: 2500, message: `Unknown path components: ${path}` })
}
