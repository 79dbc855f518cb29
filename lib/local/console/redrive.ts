import { SQSClient } from '@aws-sdk/client-sqs'
import { createSendMessages } from '../../aws/queue.ts'
import { sendBack } from '../../cli/dead-letters/destination-queue.ts'
import { deadLetterQueue } from '../../cli/dead-letters/queue.ts'
import { takeOut } from '../../cli/dead-letters/take-out.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import { LOCAL_REGION } from '../template-value.ts'
import type { Refused } from './refused.ts'

const NOT_FOUND = 'no dead letter that can be sent again has this id: it has gone, or another program wrote it'

type Stack = { awsUrl: string; outputs: Readonly<Record<string, string>>; settings: Destinations; clock: () => number }

/**
 * Sends dead letters back to the queues that consumers read, as `dlq redrive` does: the one with this id, or all. Those that
 * this version of the product did not write stay.
 */
export async function redrive(
  { awsUrl, outputs, settings, clock }: Stack,
  messageId: string | undefined,
): Promise<{ redriven: number } | Refused> {
  const credentials = { accessKeyId: 'console', secretAccessKey: 'local' }
  const client = new SQSClient({ region: LOCAL_REGION, endpoint: awsUrl, credentials })
  const waiting = {
    sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  }
  const queueOf = (output: string, isSession: boolean) =>
    deadLetterQueue(client, { url: outputs[output] ?? '', isSession, settings }, waiting)
  try {
    const { messages, failure } = await takeOut(
      [queueOf('DeadLettersUrl', false), queueOf('SessionDeadLettersUrl', true)],
      {
        isChosen: ({ letter }) =>
          letter.content !== undefined && (messageId === undefined || letter.messageId === messageId),
        first: (chosen) => sendBack(chosen, (target) => createSendMessages(client, outputs[target] ?? '', waiting)),
        known: [],
        onTaken: () => undefined,
        signal: new AbortController().signal,
        clock,
      },
    )
    if (failure !== undefined)
      return { status: 502, refused: `SQS answered ${failure}. Sent again before that: ${messages}. Try it once more.` }
    if (messageId !== undefined && messages === 0) return { status: 404, refused: NOT_FOUND }
    return { redriven: messages }
  } finally {
    client.destroy()
  }
}
