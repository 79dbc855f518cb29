import type { SQSClient, SendMessageBatchCommandInput, SendMessageBatchResultEntry } from '@aws-sdk/client-sqs'

type Reply = {
  Failed?: { Id: string; Code: string; SenderFault: boolean }[]
  Successful?: SendMessageBatchResultEntry[]
}

/** An SQS client that remembers its calls' inputs and answers what it is told to, or throws it; `{}` in the end. */
export function fakeSqs(...replies: (Reply | Error)[]) {
  const calls: SendMessageBatchCommandInput[] = []
  const send = (command: { input: SendMessageBatchCommandInput }) => {
    calls.push(command.input)
    const reply = replies.shift() ?? {}
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply)
  }
  return { client: { send } as unknown as Pick<SQSClient, 'send'>, calls }
}

export const failed = (...ids: number[]): Reply => ({
  Failed: ids.map((id) => ({ Id: String(id), Code: 'InternalError', SenderFault: false })),
})
