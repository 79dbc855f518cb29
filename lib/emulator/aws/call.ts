/** One call of an AWS API, as an IAM policy would see it. */
export type AwsCall = {
  /** Such as `sqs:SendMessage`. */
  action: string
  /** Queue name, secret id as it was given, or table name. */
  resource: string
  /** The caller's access key id, by which a function is known. */
  caller: string
  input: Readonly<Record<string, unknown>>
}

const SERVICES = new Map([
  ['AmazonSQS', 'sqs'],
  ['secretsmanager', 'secretsmanager'],
  ['DynamoDB_20120810', 'dynamodb'],
])

/** Reads `X-Amz-Target`: `AmazonSQS.SendMessage` is service `sqs`, action `SendMessage`. Undefined when unknown. */
export function parseTarget(target: unknown): { service: string; action: string } | undefined {
  const [prefix = '', action = ''] = String(target).split('.')
  const service = SERVICES.get(prefix)
  return service && action ? { service, action } : undefined
}

/** The access key id in a SigV4 Authorization header, or an empty string. */
export function callerOf(authorization: string | undefined): string {
  return /Credential=([^/]+)\//.exec(authorization ?? '')?.[1] ?? ''
}

/** What a request is about; batch operations of DynamoDB name several tables. */
export function resourcesOf(input: Record<string, unknown>): string[] {
  const { QueueUrl, RequestItems } = input
  if (typeof QueueUrl === 'string') return [queueNameOf(QueueUrl)]
  if (typeof RequestItems === 'object' && RequestItems !== null) return Object.keys(RequestItems)
  const name = input.QueueName ?? input.SecretId ?? input.TableName
  return [typeof name === 'string' ? name : '*']
}

/** The last part of a queue URL. */
export function queueNameOf(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf('/') + 1)
}
