import {
  BatchEntryIdsNotDistinct,
  BatchRequestTooLong,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  EmptyBatchRequest,
  InvalidBatchEntryId,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SQSServiceException,
  SendMessageBatchCommand,
  TooManyEntriesInBatchRequest,
} from '@aws-sdk/client-sqs'
import type { BatchResultErrorEntry, Message, SQSClient, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'

const MIB = 1024 * 1024
const HIDDEN_SECONDS = 12 * 3600
const DEDUPLICATION_MS = 5 * 60_000

type FakeQueue = {
  client: Pick<SQSClient, 'send'>
  /** What it refused as the caller's fault, by SQS's names. An adapter must never cause any. */
  refusals: string[]
  /** The sizes of the send and delete calls that it took. */
  calls: number[]
  /** Bodies in the order in which they were stored, deleted ones too. */
  bodies: string[]
  left: () => number
}

export type FakeQueueOptions = {
  fifo?: boolean
  maximumMessageSize?: number
  visibilityTimeout?: number
  clock?: () => number
  /** Ends when a call reaches SQS. */
  latency?: () => Promise<unknown>
  /** Makes a send or delete call fail as a whole, before it took effect. */
  failCall?: () => Error | undefined
  /** Makes an entry of a call fail. */
  failEntry?: (key: string) => Omit<BatchResultErrorEntry, 'Id'> | undefined
}

type Held = {
  entry: SendMessageBatchRequestEntry
  visibleAt: number
  receivedAt?: number
  handle?: string
  deleted?: true
}

/** One queue that refuses what SQS refuses. Sources: SQS's API reference, and "message quotas" of its guide. */
export function fakeQueue(options: FakeQueueOptions = {}): FakeQueue {
  const { fifo = false, maximumMessageSize = MIB, visibilityTimeout = 30, clock = Date.now } = options
  const held: Held[] = []
  const handles = new Map<string, Held>()
  const seen = new Map<string, number>()
  const queue: Omit<FakeQueue, 'client'> = {
    refusals: [],
    calls: [],
    bodies: [],
    left: () => held.filter(({ deleted }) => !deleted).length,
  }
  const refuse = (error: Error): never => {
    queue.refusals.push(error.name)
    throw error
  }

  function batch<T extends { Id?: string | undefined }>(
    entries: T[],
    key: (entry: T) => string,
    fault: (entry: T) => string | undefined,
    take: (entry: T) => void,
  ) {
    const failure = options.failCall?.()
    if (failure) throw failure
    const about = wrongBatch(entries)
    if (about) refuse(about)
    queue.calls.push(entries.length)
    const Failed = entries.flatMap((entry): BatchResultErrorEntry[] => {
      const Code = fault(entry)
      if (Code !== undefined) queue.refusals.push(Code)
      const failed = Code === undefined ? options.failEntry?.(key(entry)) : { Code, SenderFault: true }
      if (!failed) take(entry)
      return failed ? [{ Id: entry.Id, ...failed }] : []
    })
    return { Failed, Successful: entries.filter(({ Id }) => !Failed.some((each) => each.Id === Id)) }
  }

  function store(entry: SendMessageBatchRequestEntry): void {
    const id = entry.MessageDeduplicationId
    if (id !== undefined && clock() - (seen.get(id) ?? -Infinity) < DEDUPLICATION_MS) return
    if (id !== undefined) seen.set(id, clock())
    held.push({ entry, visibleAt: clock() + (entry.DelaySeconds ?? 0) * 1000 })
    queue.bodies.push(entry.MessageBody ?? '')
  }

  function receive(max: number): Message[] {
    const blocked = new Set(
      held.filter(({ deleted, visibleAt }) => fifo && !deleted && visibleAt > clock()).map(groupOf),
    )
    const due = held.filter((each) => !each.deleted && each.visibleAt <= clock() && !blocked.has(groupOf(each)))
    return due.slice(0, max).map((message) => {
      const handle = `handle-${handles.size}`
      handles.set(handle, message)
      Object.assign(message, { handle, receivedAt: clock(), visibleAt: clock() + visibilityTimeout * 1000 })
      return { Body: message.entry.MessageBody ?? '', ReceiptHandle: handle }
    })
  }

  function hide(handle: string | undefined, seconds = -1): void {
    const message = handles.get(handle ?? '')
    if (!message) return refuse(exception(ReceiptHandleIsInvalid))
    if (seconds < 0 || seconds > HIDDEN_SECONDS) return refuse(invalidParameter())
    if (message.deleted || message.handle !== handle || message.visibleAt <= clock())
      return refuse(exception(MessageNotInflight))
    if (clock() + seconds * 1000 > (message.receivedAt ?? 0) + HIDDEN_SECONDS * 1000) return refuse(invalidParameter())
    message.visibleAt = clock() + seconds * 1000
  }

  function answer(command: unknown): unknown {
    if (command instanceof SendMessageBatchCommand) {
      const wrong = (entry: SendMessageBatchRequestEntry) => wrongEntry(entry, fifo, maximumMessageSize)
      return batch(command.input.Entries ?? [], ({ MessageBody = '' }) => MessageBody, wrong, store)
    }
    if (command instanceof DeleteMessageBatchCommand)
      return batch(
        command.input.Entries ?? [],
        ({ ReceiptHandle = '' }) => ReceiptHandle,
        ({ ReceiptHandle = '' }) => (handles.has(ReceiptHandle) ? undefined : 'ReceiptHandleIsInvalid'),
        ({ ReceiptHandle = '' }) => Object.assign(handles.get(ReceiptHandle) ?? {}, { deleted: true }),
      )
    if (command instanceof ReceiveMessageCommand) return { Messages: receive(command.input.MaxNumberOfMessages ?? 1) }
    if (!(command instanceof ChangeMessageVisibilityCommand)) throw new Error('This fake has no such operation')
    hide(command.input.ReceiptHandle, command.input.VisibilityTimeout)
    return {}
  }

  const send = async (command: unknown): Promise<unknown> => {
    await options.latency?.()
    return answer(command)
  }
  return { ...queue, client: { send } as Pick<SQSClient, 'send'> }
}

/** What makes SQS refuse a whole batch. */
function wrongBatch(entries: (SendMessageBatchRequestEntry | { Id?: string | undefined })[]): Error | undefined {
  const ids = entries.map(({ Id }) => Id ?? '')
  if (entries.length === 0) return exception(EmptyBatchRequest)
  if (entries.length > 10) return exception(TooManyEntriesInBatchRequest)
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id))) return exception(InvalidBatchEntryId)
  if (new Set(ids).size < ids.length) return exception(BatchEntryIdsNotDistinct)
  const bytes = entries.reduce((sum, entry) => sum + ('MessageBody' in entry ? bytesOf(entry) : 0), 0)
  return bytes > MIB ? exception(BatchRequestTooLong) : undefined
}

/** The code with which SQS refuses an entry of a batch. */
function wrongEntry(entry: SendMessageBatchRequestEntry, fifo: boolean, maximumSize: number): string | undefined {
  const { MessageBody = '', MessageGroupId, MessageDeduplicationId, DelaySeconds = 0, MessageAttributes = {} } = entry
  const attributes = Object.entries(MessageAttributes)
  const values = attributes.map(([, { StringValue = '' }]) => StringValue)
  if (MessageBody === '') return 'MissingParameter'
  if ([MessageBody, ...values].some(hasForbiddenCharacter)) return 'InvalidMessageContents'
  if (bytesOf(entry) > maximumSize) return 'InvalidParameterValue'
  if (attributes.length > 10 || values.includes('')) return 'InvalidParameterValue'
  if (!attributes.every(([name, { DataType }]) => /^[\w.-]{1,256}$/.test(name) && DataType === 'String'))
    return 'InvalidParameterValue'
  if (!Number.isInteger(DelaySeconds) || DelaySeconds < 0 || DelaySeconds > 900) return 'InvalidParameterValue'
  const names = [MessageGroupId, MessageDeduplicationId].filter((name) => name !== undefined)
  if (!names.every((name) => /^[!-~]{1,128}$/.test(name))) return 'InvalidParameterValue'
  // A standard queue takes a group id (fair queues) and no deduplication id.
  if (!fifo) return MessageDeduplicationId === undefined ? undefined : 'InvalidParameterValue'
  if (MessageGroupId === undefined) return 'MissingParameter'
  return MessageDeduplicationId === undefined || DelaySeconds > 0 ? 'InvalidParameterValue' : undefined
}

function bytesOf({ MessageBody = '', MessageAttributes = {} }: SendMessageBatchRequestEntry): number {
  const attributes = Object.entries(MessageAttributes).map(
    ([name, { DataType = '', StringValue = '' }]) => name + DataType + StringValue,
  )
  return [MessageBody, ...attributes].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

// Allowed: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
function hasForbiddenCharacter(text: string): boolean {
  return /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text)
}

const groupOf = ({ entry }: Held) => entry.MessageGroupId

type ExceptionClass = new (options: { message: string; $metadata: object }) => Error

function exception(Class: ExceptionClass): Error {
  return new Class({ message: 'refused by the fake', $metadata: {} })
}

// Not among the client's classes: it makes this error of what SQS answers.
function invalidParameter(): Error {
  const name = 'InvalidParameterValue'
  return new SQSServiceException({ name, $fault: 'client', message: 'refused by the fake', $metadata: {} })
}
