import { ResponseType } from 'aws-cdk-lib/aws-apigateway'
import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import { TOO_LARGE } from '../lib/track/request.ts'

/**
 * Gives the gateway's own answers a `code`, a `message` and CORS headers. Without code and message, some SDKs repeat a
 * request that can never pass. Without the headers, so do SDKs in browsers, which cannot read the answer.
 */
export function answerWithCodes(api: RestApi): void {
  const codes: [ResponseType, string][] = [
    [ResponseType.DEFAULT_4XX, 'bad_request'],
    [ResponseType.DEFAULT_5XX, 'unavailable'],
    [ResponseType.REQUEST_TOO_LARGE, 'payload_too_large'],
    [ResponseType.UNSUPPORTED_MEDIA_TYPE, 'unsupported_media_type'],
    [ResponseType.THROTTLED, 'too_many_requests'],
  ]
  for (const [type, code] of codes) {
    // For a body beyond its own limit, the gateway would only say that it is too long.
    const message = type === ResponseType.REQUEST_TOO_LARGE ? JSON.stringify(TOO_LARGE) : '$context.error.messageString'
    const throttled = type === ResponseType.THROTTLED
    api.addGatewayResponse(type.responseType, {
      type,
      ...(throttled && { statusCode: '429' }),
      responseHeaders: {
        'Access-Control-Allow-Origin': "'*'",
        'Access-Control-Allow-Headers': "'*'",
        'Access-Control-Expose-Headers': "'Retry-After'",
        ...(throttled && { 'Retry-After': "'2'" }),
      },
      templates: {
        'application/json': `{"success":false,"code":"${code}","message":${message}}`,
      },
    })
  }
}
