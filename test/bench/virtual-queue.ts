import type { SQSRecord } from 'aws-lambda'
import type { QueueEntry } from '../../lib/track/message.ts'
import type { PolledQueue } from '../../lib/emulator/lambda/event-source-mapping.ts'
import type { VirtualTime } from './virtual-time.ts'

type Kept = { body: string; receives: number; visibleFrom: AbortController }

/**
 * A queue in memory whose long polls, delays and visibility timeouts pass in virtual time. A message goes to any of those
 * that wait for one; of those that are visible, the one that became so first.
 */
export function createVirtualQueue(time: VirtualTime, name: string, visibilitySeconds: number, random: () => number) {
  const visible: string[] = []
  const kept = new Map<string, Kept>()
  const waiting: (() => void)[] = []
  let sent = 0

  const show = (id: string) => {
    if (!kept.has(id)) return
    visible.push(id)
    const [wake] = waiting.splice(Math.floor(random() * waiting.length), 1)
    wake?.()
  }
  const showIn = async (id: string, seconds: number) => {
    const message = kept.get(id)
    if (!message) return
    message.visibleFrom.abort()
    const { signal } = (message.visibleFrom = new AbortController())
    if (seconds > 0) await time.sleep(seconds * 1000, signal)
    if (!signal.aborted) show(id)
  }
  const take = (max: number): SQSRecord[] =>
    visible.splice(0, max).flatMap((id) => {
      const message = kept.get(id)
      if (!message) return []
      message.receives += 1
      void showIn(id, visibilitySeconds)
      return [toRecord(name, id, message)]
    })

  const receive: PolledQueue['receive'] = async (max, waitSeconds, signal) => {
    if (visible.length === 0 && waitSeconds > 0) {
      const woken = new AbortController()
      const wake = () => woken.abort()
      waiting.push(wake)
      signal.addEventListener('abort', wake)
      await time.sleep(waitSeconds * 1000, woken.signal)
      signal.removeEventListener('abort', wake)
      const place = waiting.indexOf(wake)
      if (place >= 0) waiting.splice(place, 1)
    }
    return take(max)
  }
  const remove = (handles: readonly string[]) => {
    for (const id of handles) {
      kept.get(id)?.visibleFrom.abort()
      kept.delete(id)
    }
    return Promise.resolve()
  }

  return {
    name,
    polled: { receive, delete: remove } satisfies PolledQueue,
    size: () => kept.size,
    send: (messages: Iterable<Pick<QueueEntry, 'body' | 'delaySeconds'>>) => {
      for (const { body, delaySeconds = 0 } of messages) {
        const id = `${name}-${(sent += 1)}`
        kept.set(id, { body, receives: 0, visibleFrom: new AbortController() })
        void showIn(id, delaySeconds)
      }
      return Promise.resolve({ ok: true as const })
    },
    hide: (id: string, seconds: number) => {
      void showIn(id, seconds)
      return Promise.resolve({ ok: true as const })
    },
    acknowledge: async (handles: readonly string[]) => {
      await remove(handles)
      return { ok: true as const }
    },
  }
}

function toRecord(queue: string, id: string, { body, receives }: Kept): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
    awsRegion: 'us-east-1',
  }
}
