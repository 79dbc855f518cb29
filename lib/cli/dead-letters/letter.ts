import type { Message } from '@aws-sdk/client-sqs'
import type { Destinations } from '../../config/destinations-schema.ts'
import { readDeadLetter } from '../../retry/dead-letter.ts'
import type { DeadLetterContent } from '../../retry/dead-letter.ts'
import { CRASHED } from '../../retry/reason-advice.ts'

/** A dead letter without anything of the people in it. */
export type Letter = {
  messageId: string
  isSession: boolean
  reason: string
  /** When it was given up; for one that SQS moved itself, when it was sent. Ms since 1970. */
  at: number
  firstAttempt?: string
  lastAttempt?: string
  code?: string
  fbtraceId?: string
  /** Undefined when this version of the product did not write it. */
  content: DeadLetterContent | undefined
}

/** A dead letter as it was received. */
export type ReceivedLetter = { letter: Letter; body: string; receiptHandle: string; groupId: string | undefined }

export type Direction = 'add' | 'remove' | 'both'

/** Reads a received message of a dead-letter queue. */
export function letterOf(message: Message, isSession: boolean, settings: Destinations): ReceivedLetter {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes = {}, MessageAttributes = {} } = message
  const text = (name: string) => MessageAttributes[name]?.StringValue
  const [firstAttempt, lastAttempt, code, subCode, fbtraceId] = [
    text('firstAttempt'),
    text('lastAttempt'),
    text('code'),
    text('subCode'),
    text('fbtraceId'),
  ]
  const givenUpAt = Date.parse(lastAttempt ?? '')
  return {
    letter: {
      messageId: MessageId,
      isSession,
      reason: text('reason') ?? CRASHED,
      at: Number.isNaN(givenUpAt) ? Number(Attributes.SentTimestamp) : givenUpAt,
      ...(firstAttempt !== undefined && { firstAttempt }),
      ...(lastAttempt !== undefined && { lastAttempt }),
      ...(code !== undefined && { code: [code, subCode].filter((each) => each !== undefined).join('/') }),
      ...(fbtraceId !== undefined && { fbtraceId }),
      content: readDeadLetter(Body, settings),
    },
    body: Body,
    receiptHandle: ReceiptHandle,
    groupId: Attributes.MessageGroupId,
  }
}

export function peopleIn({ content }: Letter): number {
  return content ? content.users.add + content.users.remove : 0
}

export function directionOf({ content }: Letter): Direction | undefined {
  if (!content) return undefined
  const { add, remove } = content.users
  if (add > 0 && remove > 0) return 'both'
  return remove > 0 ? 'remove' : 'add'
}

/**
 * Whether people who should be out of an audience may be in it: they stay in when it is lost. Nobody knows who is in what
 * another version of the product wrote.
 */
export function mayHaveRemovals({ content }: Letter): boolean {
  return content === undefined || content.users.remove > 0 || content.hasErasure
}
