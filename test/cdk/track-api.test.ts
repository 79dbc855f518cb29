import { describe, expect, test } from 'vitest'
import { referenceOf, resourcesOf } from '../support/template.ts'
import { theStack } from './the-stack.ts'

const { stack } = theStack

describe('the endpoint', () => {
  test('hands every body over as bytes, and every path and method to the function', () => {
    expect(resourcesOf(stack, 'AWS::ApiGateway::RestApi').map(([, api]) => api.BinaryMediaTypes)).toEqual([['*/*']])
    const methods = resourcesOf(stack, 'AWS::ApiGateway::Method').map(([, method]) => method)
    expect(
      methods.map(({ HttpMethod, AuthorizationType, Integration }) => [
        HttpMethod,
        AuthorizationType,
        (Integration as { Type: string }).Type,
      ]),
    ).toEqual([
      ['ANY', 'NONE', 'AWS_PROXY'],
      ['ANY', 'NONE', 'AWS_PROXY'],
    ])
    expect(resourcesOf(stack, 'AWS::ApiGateway::Resource').map(([, { PathPart }]) => PathPart)).toEqual(['{proxy+}'])
  })

  const responses = resourcesOf(stack, 'AWS::ApiGateway::GatewayResponse').map(([, response]) => response)

  test.each([
    ['DEFAULT_4XX', 'bad_request'],
    ['DEFAULT_5XX', 'unavailable'],
    ['REQUEST_TOO_LARGE', 'payload_too_large'],
    ['UNSUPPORTED_MEDIA_TYPE', 'unsupported_media_type'],
    ['THROTTLED', 'too_many_requests'],
  ])('its own answer to %s has a code, a message and CORS headers', (type, code) => {
    const response = responses.find(({ ResponseType }) => ResponseType === type)
    const { 'application/json': body = '' } = response?.ResponseTemplates as Record<string, string>
    expect(JSON.parse(body.replace('$context.error.messageString', '"a message"'))).toEqual({
      success: false,
      code,
      message: expect.any(String) as string,
    })
    expect(response?.ResponseParameters).toMatchObject({
      'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
      'gatewayresponse.header.Access-Control-Expose-Headers': "'Retry-After'",
    })
  })

  test('it says of a body that is too large for itself what the function says of one that is too large', () => {
    const response = responses.find(({ ResponseType }) => ResponseType === 'REQUEST_TOO_LARGE')
    const { 'application/json': body = '' } = response?.ResponseTemplates as Record<string, string>
    expect(JSON.parse(body)).toMatchObject({ message: expect.stringContaining('at most 4.5 MB of JSON') as string })
  })

  test('it says when a throttled request may come again, in whole seconds', () => {
    const throttled = responses.find(({ ResponseType }) => ResponseType === 'THROTTLED')
    expect(throttled).toMatchObject({ StatusCode: '429' })
    expect(throttled?.ResponseParameters).toMatchObject({
      'gatewayresponse.header.Retry-After': expect.stringMatching(/^'\d+'$/) as string,
    })
  })

  const [stage] = resourcesOf(stack, 'AWS::ApiGateway::Stage').map(([, each]) => each)

  test('logs what a request was, and nothing of its path, query string, headers and body, where keys and users are', () => {
    const { Format, DestinationArn } = stage?.AccessLogSetting as { Format: string; DestinationArn: unknown }
    expect(referenceOf(DestinationArn)).toBe('TrackApiAccessLogLogs')
    expect(Object.keys(JSON.parse(Format) as object)).toEqual([
      ...['requestId', 'time', 'sourceIp', 'method', 'status', 'latencyMs', 'error'],
    ])
    expect(Format).not.toMatch(/path|query|header|body|authorizer|identity\.(?!sourceIp)/i)
  })

  test('takes a hundred requests a second, two hundred at once, and logs no payloads', () => {
    expect(stage?.MethodSettings).toEqual([
      expect.objectContaining({
        HttpMethod: '*',
        ResourcePath: '/*',
        ThrottlingRateLimit: 100,
        ThrottlingBurstLimit: 200,
        DataTraceEnabled: false,
        LoggingLevel: 'OFF',
      }),
    ])
  })

  test('is deployed after the role with which API Gateway writes logs', () => {
    const { DependsOn } = Object.values(stack.Resources).find(({ Type }) => Type === 'AWS::ApiGateway::Stage') as {
      DependsOn?: string[]
    }
    expect(DependsOn).toContain('GatewayAccount')
  })
})
