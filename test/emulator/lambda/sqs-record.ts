import type { SQSRecord } from 'aws-lambda'

/** A record of an SQS event. */
export function anSqsRecord(
  messageId: string,
  { body = 'body', group }: { body?: string; group?: string } = {},
): SQSRecord {
  return {
    messageId,
    receiptHandle: `handle-${messageId}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '000000000000',
      ApproximateFirstReceiveTimestamp: '0',
      ...(group !== undefined && { MessageGroupId: group }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:track',
    awsRegion: 'us-east-1',
  }
}
