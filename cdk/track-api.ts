import { Names, RemovalPolicy } from 'aws-cdk-lib'
import { EndpointType, LambdaIntegration, MethodLoggingLevel, RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { Construct } from 'constructs'
import type { IngestVariables } from '../lib/config/environment.ts'
import { AccessLog } from './access-log.ts'
import { acknowledge, allow } from './allow.ts'
import type { Encryption } from './encryption.ts'
import { answerWithCodes } from './gateway-answers.ts'
import { nodeFunction } from './node-function.ts'
import type { FunctionDefaults } from './node-function.ts'
import type { Register } from './register.ts'
import type { Settings } from './settings.ts'
import { INGEST_MEMORY_MB, INGEST_TIMEOUT, SECRET_LIFETIME } from './timings.ts'
import type { TrackQueues } from './track-queues.ts'

type TrackApiProps = {
  queues: TrackQueues
  register: Register
  encryption: Encryption
  defaults: FunctionDefaults
  settings: Settings
}

/**
 * The HTTPS endpoint: a REST API with one catch-all route that hands every request, as bytes, to the ingest function.
 * The function does routes, authentication and CORS, because a gateway's own 401, 404 or redirect makes tracking SDKs
 * lose data or loop.
 */
export class TrackApi extends Construct {
  readonly api: RestApi
  readonly ingest: LambdaFunction
  readonly writeKeys: Secret
  /** Undefined when the operator has turned access logs off. */
  readonly accessLog: AccessLog | undefined

  constructor(scope: Construct, id: string, { queues, register, encryption, defaults, settings }: TrackApiProps) {
    super(scope, id)
    this.writeKeys = this.makeWriteKeys(encryption)
    this.ingest = nodeFunction(this, 'Ingest', defaults, {
      name: 'ingest',
      description: 'Accepts track events over HTTPS and puts them on the queue',
      timeout: INGEST_TIMEOUT,
      memorySize: INGEST_MEMORY_MB,
      reservedConcurrency: settings.ingestConcurrency,
      asynchronousFailures: 'It is invoked by API Gateway only, which waits for its answer.',
      environment: {
        TRACK_QUEUE_URL: queues.track.queueUrl,
        REMOVAL_QUEUE_URL: queues.removal.queueUrl,
        SESSION_QUEUE_URL: queues.session.queueUrl,
        REGISTER_TABLE: register.table.tableName,
        ERASURE_KEY_SECRET_ID: register.erasureKey.secretArn,
        WRITE_KEYS_SECRET_ID: this.writeKeys.secretArn,
        SECRET_LIFETIME_SECONDS: String(SECRET_LIFETIME.toSeconds()),
        // With Node's default young generation, the garbage of several large requests would grow beyond the function's
        // memory.
        NODE_OPTIONS: '--max-semi-space-size=8',
      } satisfies IngestVariables & { NODE_OPTIONS: string },
    })
    allow(this.ingest, ['sqs:SendMessage'], queues.track.queueArn, queues.removal.queueArn, queues.session.queueArn)
    allow(this.ingest, ['secretsmanager:GetSecretValue'], this.writeKeys.secretArn)
    register.allowErasing(this.ingest)
    encryption.allowSending(this.ingest)
    this.accessLog = settings.accessLogs ? new AccessLog(this, 'AccessLog', settings) : undefined
    this.api = this.makeApi(settings, this.accessLog)
    answerWithCodes(this.api)
  }

  private makeWriteKeys({ key }: Encryption): Secret {
    const secret = new Secret(this, 'WriteKeys', {
      description: 'Write keys of the sources in destinations.json: {"<source>": "<key>"}',
      // The name does not depend on the sources: CloudFormation makes a new secret when it changes.
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'server',
        excludePunctuation: true,
        passwordLength: 40,
      },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(key && { encryptionKey: key }),
    })
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'Its senders must learn a new key first; two keys at once let people replace one in peace.',
    })
    return secret
  }

  private makeApi(settings: Settings, log: AccessLog | undefined): RestApi {
    const api = new RestApi(this, 'Api', {
      // Metrics use this name, so it must be unique in the account.
      restApiName: Names.uniqueResourceName(this, { maxLength: 100, separator: '-' }),
      description: 'Track events for Facebook custom audiences',
      endpointTypes: [EndpointType.REGIONAL],
      binaryMediaTypes: ['*/*'],
      cloudWatchRole: false,
      // Otherwise each method lets the console's test button call the function too.
      defaultIntegration: new LambdaIntegration(this.ingest, { allowTestInvoke: false }),
      deployOptions: {
        throttlingRateLimit: settings.throttleRate,
        throttlingBurstLimit: settings.throttleBurst,
        dataTraceEnabled: false,
        loggingLevel: MethodLoggingLevel.OFF,
        ...log?.stageOptions,
      },
    })
    const stage = api.deploymentStage
    if (log?.account) {
      // CloudFormation refuses the role of an account that has never had an API.
      log.account.node.addDependency(api.node.defaultChild ?? api)
      stage.node.addDependency(log.account)
    }
    const route = [api.root.addMethod('ANY'), api.root.addProxy({ anyMethod: true }).anyMethod]
    for (const method of route)
      if (method)
        acknowledge(method, {
          'AwsSolutions-APIG4': 'The function authenticates by write key, in the five places where SDKs put it.',
          'AwsSolutions-COG4': 'Senders are programs with write keys, not people who log in.',
        })
    acknowledge(api, {
      'AwsSolutions-APIG2':
        'The function validates: bodies may be compressed, and a wrong event must not fail its request.',
    })
    acknowledge(stage, {
      'AwsSolutions-APIG6': 'Execution logs hold query strings, where some SDKs put the write key; access logs do not.',
      'Serverless-APIGWXrayEnabled': 'Traces would be another place for identifiers; the access log has the latency.',
      ...(!log && {
        'AwsSolutions-APIG1': 'The operator has turned access logs off.',
        'Serverless-APIGWAccessLogging': 'The operator has turned access logs off.',
        'Serverless-APIGWStructuredLogging': 'The operator has turned access logs off.',
      }),
      ...(settings.webAclArn === undefined && {
        'AwsSolutions-APIG3': 'Throttled, and behind write keys; the setting webAclArn attaches a web ACL.',
      }),
    })
    if (settings.webAclArn !== undefined)
      new CfnWebACLAssociation(this, 'WebAcl', { resourceArn: stage.stageArn, webAclArn: settings.webAclArn })
    return api
  }
}
