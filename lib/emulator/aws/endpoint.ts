import type { IncomingMessage, ServerResponse } from 'node:http'
import { awsError } from './answer.ts'
import type { AwsAnswer } from './answer.ts'
import { callerOf, parseTarget, resourcesOf } from './call.ts'
import type { AwsCall } from './call.ts'
import { readBody } from '../http-body.ts'
import { listenOnLoopback } from '../loopback-server.ts'
import { startQueueService } from './queue-service.ts'
import type { QueueService } from './queue-service.ts'
import { createSecrets } from './secrets.ts'
import { startTableService } from './table-service.ts'
import type { TableService } from './table-service.ts'

/** Larger than any request of the three services. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

export type AwsEndpoint = {
  url: string
  /** The address that is handed out for a queue. */
  queueUrl: (name: string) => string
  queues: QueueService
  /** The current value of a secret. */
  secret: (id: string) => string | undefined
  /** The value of every secret by its name (or by its ARN, if only that is known). Replaces all secrets. */
  setSecrets: (values: ReadonlyMap<string, string>) => void
  /** Starts DynamoDB with these CreateTable requests. */
  createTables: (tables: readonly Record<string, unknown>[]) => Promise<void>
  close: () => Promise<void>
}

type Options = {
  /** 0 for any free port. */
  port?: number
  /** Multiplies the waits that functions ask for. */
  timeScale?: number
  /** Whether an access key id is a function's. Only the waits of functions are scaled. */
  isFunction?: (accessKeyId: string) => boolean
  onCall?: (call: AwsCall) => void
}

/**
 * One loopback address for SQS (fauxqs), Secrets Manager (a stand-in) and DynamoDB (dynalite), told apart by
 * `X-Amz-Target` as in the AWS JSON protocols. Nothing is signed or authorised.
 */
export async function startAwsEndpoint(options: Options = {}): Promise<AwsEndpoint> {
  const { timeScale = 1, isFunction = () => false, onCall } = options
  let secrets = createSecrets(new Map())
  let tables: TableService | undefined

  async function answer(request: IncomingMessage): Promise<AwsAnswer> {
    const body = await readBody(request, MAX_BODY_BYTES)
    const target = parseTarget(request.headers['x-amz-target'])
    const input = parse(body)
    if (!target) return awsError('com.amazon.coral.service#UnknownOperationException')
    if (!input) return awsError('com.amazon.coral.service#SerializationException')
    const { service, action } = target
    const caller = callerOf(request.headers.authorization)
    for (const resource of resourcesOf(input)) onCall?.({ action: `${service}:${action}`, resource, caller, input })
    if (service === 'secretsmanager') return secrets(action, input)
    if (service === 'sqs') return queues.call(action, input, isFunction(caller) ? timeScale : 1)
    return tables?.call(action, input) ?? awsError('com.amazon.coral.service#UnknownOperationException')
  }

  const http = await listenOnLoopback(options.port ?? 0, (request, response) => {
    answer(request).then(
      (result) => send(request, response, result),
      (error: unknown) =>
        send(request, response, { status: 500, body: { __type: 'InternalFailure', message: String(error) } }),
    )
  })
  const url = `http://127.0.0.1:${http.port}`
  const queueUrl = (name: string) => `${url}/000000000000/${name}`
  const queues = startQueueService(queueUrl)

  return {
    url,
    queueUrl,
    queues,
    secret: (id) => {
      const { SecretString } = secrets('GetSecretValue', { SecretId: id }).body as { SecretString?: string }
      return SecretString
    },
    setSecrets(values) {
      secrets = createSecrets(values)
    },
    async createTables(requests) {
      tables = await startTableService(requests)
    },
    async close() {
      await http.close()
      await Promise.all([queues.close(), tables?.close()])
    },
  }
}

function parse(body: Buffer | undefined): Record<string, unknown> | undefined {
  try {
    const input: unknown = JSON.parse(body?.toString() ?? '')
    return typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: AwsAnswer): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      ...headers,
      'content-type': request.headers['content-type'] ?? 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(text),
      'x-amzn-requestid': crypto.randomUUID(),
    })
    .end(text)
}
