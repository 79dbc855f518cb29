import type { SQSRecord } from 'aws-lambda'
import type { PolledQueue } from '../../lib/local/event-source-mapping.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A queue in memory whose long polls wait in virtual time. A message goes to any of those that wait for one. */
export function createVirtualQueue(time: VirtualTime, random: () => number) {
  const messages: SQSRecord[] = []
  const waiting: (() => void)[] = []
  let sent = 0

  const receive: PolledQueue['receive'] = async (max, waitSeconds, signal) => {
    if (messages.length === 0 && waitSeconds > 0) {
      const woken = new AbortController()
      const wake = () => woken.abort()
      waiting.push(wake)
      signal.addEventListener('abort', wake)
      await time.sleep(waitSeconds * 1000, woken.signal)
      signal.removeEventListener('abort', wake)
      const place = waiting.indexOf(wake)
      if (place >= 0) waiting.splice(place, 1)
    }
    return messages.splice(0, max)
  }

  return {
    polled: { receive, delete: () => Promise.resolve() } satisfies PolledQueue,
    send: (body: string) => {
      sent += 1
      messages.push(toRecord(body, sent))
      const [wake] = waiting.splice(Math.floor(random() * waiting.length), 1)
      wake?.()
    },
  }
}

function toRecord(body: string, number: number): SQSRecord {
  return {
    messageId: String(number),
    receiptHandle: String(number),
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:track',
    awsRegion: 'us-east-1',
  }
}
