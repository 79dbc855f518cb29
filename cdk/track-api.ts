import { EndpointType, LambdaIntegration, ResponseType, RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { Destinations } from '../lib/config/destinations.ts'
import type { IngestVariables } from '../lib/config/environment.ts'
import { nodeFunction } from './node-function.ts'
import { INGEST_TIMEOUT, SECRET_LIFETIME } from './timings.ts'
import type { TrackQueues } from './track-queues.ts'

/**
 * The HTTPS endpoint: a REST API whose one catch-all route hands every request, as bytes, to the ingest function.
 * Routes, authentication and CORS are the function's: a gateway's own 401, 404 or redirect makes tracking SDKs lose
 * data or loop.
 */
export class TrackApi extends Construct {
  readonly api: RestApi
  readonly ingest: LambdaFunction
  readonly writeKeys: Secret

  constructor(scope: Construct, id: string, props: { queues: TrackQueues; destinations: Destinations }) {
    super(scope, id)
    const { queues, destinations } = props
    this.writeKeys = new Secret(this, 'WriteKeys', {
      description: 'Write keys of the sources in destinations.json: {"<source>": "<key>"}',
      // Not named after the first source: CloudFormation makes a new secret when this changes.
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'server',
        excludePunctuation: true,
        passwordLength: 40,
      },
    })
    this.ingest = nodeFunction(this, 'Ingest', {
      name: 'ingest',
      description: 'Accepts track events over HTTPS and puts them on the queue',
      destinations,
      timeout: INGEST_TIMEOUT,
      memorySize: 512,
      environment: {
        TRACK_QUEUE_URL: queues.track.queueUrl,
        SESSION_QUEUE_URL: queues.session.queueUrl,
        WRITE_KEYS_SECRET_ID: this.writeKeys.secretArn,
        SECRET_LIFETIME_SECONDS: String(SECRET_LIFETIME.toSeconds()),
      } satisfies IngestVariables,
    })
    queues.track.grantSendMessages(this.ingest)
    queues.session.grantSendMessages(this.ingest)
    this.writeKeys.grantRead(this.ingest)

    this.api = new RestApi(this, 'Api', {
      description: 'Track events for Facebook custom audiences',
      endpointTypes: [EndpointType.REGIONAL],
      binaryMediaTypes: ['*/*'],
      cloudWatchRole: false,
      defaultIntegration: new LambdaIntegration(this.ingest),
    })
    this.api.root.addMethod('ANY')
    this.api.root.addProxy({ anyMethod: true })
    this.answerWithCodes()
  }

  // An error body without `code` and `message` is retried by some SDKs, and one without CORS headers by browsers.
  private answerWithCodes(): void {
    const codes: [ResponseType, string][] = [
      [ResponseType.DEFAULT_4XX, 'bad_request'],
      [ResponseType.DEFAULT_5XX, 'unavailable'],
      [ResponseType.REQUEST_TOO_LARGE, 'payload_too_large'],
      [ResponseType.UNSUPPORTED_MEDIA_TYPE, 'unsupported_media_type'],
      [ResponseType.THROTTLED, 'too_many_requests'],
    ]
    for (const [type, code] of codes) {
      const throttled = type === ResponseType.THROTTLED
      this.api.addGatewayResponse(type.responseType, {
        type,
        ...(throttled && { statusCode: '429' }),
        responseHeaders: {
          'Access-Control-Allow-Origin': "'*'",
          'Access-Control-Allow-Headers': "'*'",
          'Access-Control-Expose-Headers': "'Retry-After'",
          ...(throttled && { 'Retry-After': "'2'" }),
        },
        templates: {
          'application/json': `{"success":false,"code":"${code}","message":$context.error.messageString}`,
        },
      })
    }
  }
}
