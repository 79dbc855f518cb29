import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { createReceiptTable } from '../../aws/receipt-table.ts'
import { createWaitNoteTable } from '../../aws/wait-note-table.ts'
import { erasedFrom } from '../../config/audience-mapping.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import type { WaitNote } from '../../register/wait-note.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'

/** How many messages a queue holds, as SQS counts them, about. */
type QueueCounts = { queue: string; waiting: number; inFlight: number; delayed: number }

/** An audience: its last request, and why its people wait where they do. */
export type AudienceStatus = { destination: string; audienceId: string; last?: Receipt; waits?: WaitNote }

const QUEUES = {
  track: 'TrackQueueUrl',
  removal: 'RemovalQueueUrl',
  session: 'SessionQueueUrl',
  retry: 'RetryQueueUrl',
} as const

/** The counts of all queues but those of dead letters. Rejects with the SDK's errors. */
export async function countQueues(client: SQSClient, { output }: Pick<Stack, 'output'>): Promise<QueueCounts[]> {
  return Promise.all(
    Object.entries(QUEUES).map(async ([queue, name]) => {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: output(name),
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      )
      return {
        queue,
        waiting: Number(Attributes.ApproximateNumberOfMessages),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
        delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
      }
    }),
  )
}

/** What the register says about every audience of the settings. Rejects with the SDK's errors. */
export async function readAudiences(
  { aws, output, settings }: Pick<Stack, 'aws' | 'output' | 'settings'>,
  { sleep, random, clock }: Pick<Surroundings, 'sleep' | 'random' | 'clock'>,
): Promise<AudienceStatus[]> {
  const client = new DynamoDBClient(aws)
  const table = output('RegisterTable')
  const receipts = createReceiptTable(client, table, { sleep, random })
  const notes = createWaitNoteTable(client, table)
  const targets = settings.destinations.flatMap((destination) =>
    erasedFrom(destination).map((audienceId) => ({ destination: destination.name, audienceId })),
  )
  try {
    return await Promise.all(
      targets.map(async (target) => {
        const [newest, note] = await Promise.all([
          receipts.newest(target.audienceId, { from: 0, most: 20 }),
          notes.read(target.audienceId),
        ])
        const last = newest.find(({ destination }) => destination === target.destination)
        const waits =
          note && isTrue(note, newest, clock()) && note.destination === target.destination ? note : undefined
        return { ...target, ...(last && { last }), ...(waits && { waits }) }
      }),
    )
  } finally {
    client.destroy()
  }
}

/** A note is over when its time has passed, or when something was delivered since. */
function isTrue({ at, until, destination }: WaitNote, receipts: readonly Receipt[], now: number): boolean {
  const delivered = (receipt: Receipt) =>
    receipt.destination === destination && receipt.outcome === 'delivered' && receipt.at > at
  return until > now && !receipts.some(delivered)
}
