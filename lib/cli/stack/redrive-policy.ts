import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'
import * as v from 'valibot'

/** Where SQS moves a message that was received too often. */
export type Redrive = { arn: string; redrive: { deadLetterArn: string; receives: number } | undefined }

const policy = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ deadLetterTargetArn: v.string(), maxReceiveCount: v.pipe(v.unknown(), v.transform(Number)) }),
)

/** Reads a queue's ARN and redrive policy. Rejects with the SDK's error. */
export async function readRedrive(client: Pick<SQSClient, 'send'>, url: string): Promise<Redrive> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn', 'RedrivePolicy'] }),
  )
  const parsed = v.safeParse(policy, Attributes.RedrivePolicy)
  const redrive = parsed.success
    ? { deadLetterArn: parsed.output.deadLetterTargetArn, receives: parsed.output.maxReceiveCount }
    : undefined
  return { arn: Attributes.QueueArn ?? '', redrive }
}
