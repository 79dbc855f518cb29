import { randomUUID } from 'node:crypto'
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { REASONS } from './faults.ts'
import { UNDECODABLE } from './malformed.ts'
import { identifiersOf } from './model.ts'
import type { Service } from './service.ts'

/** A dead letter, with the reason that the consumer gave. */
export type DeadLetter = { body: string; reason: string | undefined }

type Rows = { kind?: unknown; audienceIds: string[]; schema: string[]; add: Row[]; remove: Row[] }
type Row = [at: number, firstFailedAt: number, cells: string[]]

/**
 * Whether SQS itself has moved the letter: its consumer crashed on it, or took longer than the visibility timeout,
 * again and again.
 */
export function isCrashed({ reason }: DeadLetter): boolean {
  return reason === undefined
}

/** Takes all letters out of the dead-letter queues. */
export async function takeDeadLetters({ sqs, queueUrl }: Service): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (const part of ['DeadLetters', 'SessionDeadLetters'] as const) {
    const QueueUrl = await queueUrl(part)
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
      )
      if (Messages.length === 0) break
      for (const { Body = '', MessageAttributes, ReceiptHandle } of Messages) {
        letters.push({ body: Body, reason: MessageAttributes?.reason?.StringValue })
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      }
    }
  }
  return letters
}

/** Puts a message into a queue by hand. */
export async function put(
  { sqs, queueUrl }: Service,
  part: 'Track' | 'Session' | 'Retry',
  body: string,
): Promise<void> {
  const QueueUrl = await queueUrl(part)
  const fifo = part === 'Session' && { MessageGroupId: 'byHand', MessageDeduplicationId: randomUUID() }
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, ...fifo }))
}

/**
 * Puts letters back as an operator does, rows into the retry queue and messages into the track queue; undecodable ones
 * stay out. (A session's message goes on without the session, which may have ended without it.)
 */
export async function redrive(service: Service, letters: readonly DeadLetter[]): Promise<number> {
  const useful = letters.filter(({ body }) => !UNDECODABLE.includes(body))
  for (const { body } of useful) await put(service, isRows(JSON.parse(body)) ? 'Retry' : 'Track', body)
  return useful.length
}

/** What is wrong with the dead letters: one that should not be there, or one that is missing. */
export function problemsOf(letters: readonly DeadLetter[], known: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const missing = UNDECODABLE.filter((body) => !letters.some((letter) => letter.body === body))
  const wrong = letters.flatMap(({ body, reason }) => {
    if (UNDECODABLE.includes(body))
      return reason === undefined || reason === 'undecodable' ? [] : [`${reason}: ${body}`]
    const content: unknown = JSON.parse(body)
    if (!isRows(content)) return reason === undefined ? [] : [`a message was given up: ${reason}`]
    const strangers = content.audienceIds.flatMap((id) =>
      peopleIn(content).flatMap((identifier) => (known.get(id)?.has(identifier) ? [] : [`${identifier} to ${id}`])),
    )
    return [
      ...(reason !== undefined && REASONS.includes(reason) ? [] : [`rows were given up: ${reason ?? 'crashed'}`]),
      ...strangers.map((stranger) => `nobody sent ${stranger}`),
    ]
  })
  return [...missing.map((body) => `not among the dead letters: ${body}`), ...wrong]
}

/** Identifiers of the people whose rows were given up. */
function peopleIn({ schema, add, remove }: Rows): string[] {
  return [...add, ...remove].flatMap(([, , cells]) =>
    identifiersOf(Object.fromEntries(schema.map((column, index) => [column, cells[index] ?? '']))),
  )
}

function isRows(content: unknown): content is Rows {
  return typeof content === 'object' && content !== null && 'kind' in content && content.kind === 'rows'
}
