import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'
import * as v from 'valibot'

/** Where SQS moves a message that was received too often. */
export type Redrive = { deadLetterArn: string; receives: number }

const policy = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ deadLetterTargetArn: v.string(), maxReceiveCount: v.pipe(v.unknown(), v.transform(Number)) }),
)

/** Reads a queue's redrive policy; undefined when it has none. Rejects with the SDK's error. */
export async function readRedrive(client: Pick<SQSClient, 'send'>, url: string): Promise<Redrive | undefined> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['RedrivePolicy'] }),
  )
  const parsed = v.safeParse(policy, Attributes.RedrivePolicy)
  return parsed.success
    ? { deadLetterArn: parsed.output.deadLetterTargetArn, receives: parsed.output.maxReceiveCount }
    : undefined
}
