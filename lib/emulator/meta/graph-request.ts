import type { IncomingHttpHeaders } from 'node:http'
import { givenToken } from './valid-token.ts'
import { effectiveMethod, requestParameters } from './request-parameters.ts'

/** A request to the Graph API, its encoding taken off. `bodyParameters` are those that came in the body. */
export type GraphRequest = {
  url: URL
  method: string
  segments: string[]
  parameters: Record<string, unknown>
  bodyParameters: Record<string, unknown>
  token: string | undefined
}

/** Decodes a request. Throws GraphError when its body cannot be read. */
export async function graphRequest(
  url: URL,
  method: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<GraphRequest> {
  const { all, body: bodyParameters } = await requestParameters(url, headers['content-type'], body)
  return {
    url,
    method: effectiveMethod(method, all),
    segments: pathSegments(url),
    parameters: all,
    bodyParameters,
    token: givenToken(headers.authorization, all),
  }
}

/** The segments of a path; the first is the version, the second the object. */
function pathSegments(url: URL): string[] {
  return url.pathname.split('/').filter((segment) => segment !== '')
}
