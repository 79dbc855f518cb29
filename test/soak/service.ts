import { setTimeout as sleep } from 'node:timers/promises'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { LocalStatus } from '../../lib/local/status.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'
import { SETTINGS } from './audiences.ts'

export type Service = {
  /** What the clock of its functions shows, ms since 1970. */
  now: () => number
  timeScale: number
  sqs: SQSClient
  /** Sends events in one request until they are accepted; answers how many of them were rejected. */
  send: (events: readonly unknown[]) => Promise<number>
  status: () => Promise<LocalStatus>
  /** Address of the queue whose name has this in it. */
  queueUrl: (part: 'Track' | 'Session' | 'Retry' | 'DeadLetters' | 'SessionDeadLetters') => Promise<string>
  /** Calls the Graph API emulator's own endpoints. */
  emulator: <T>(method: string, path: string, body?: object) => Promise<T>
  close: () => Promise<void>
}

const TIME_SCALE = 0.01

const AUTHORIZATION = `Basic ${Buffer.from('local-write-key:').toString('base64')}`

/** The whole of what `cdk deploy` deploys, a hundred times as fast: an audience rests for 3 s. */
export async function startService(): Promise<Service> {
  const { url, awsUrl, graphUrl, now, close } = await startTemporaryStack(SETTINGS, { timeScale: TIME_SCALE })
  const credentials = { accessKeyId: 'soak', secretAccessKey: 'soak' }
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: awsUrl, credentials })
  const status = async () => (await (await fetch(`${url}/_local/status`)).json()) as LocalStatus

  return {
    now,
    timeScale: TIME_SCALE,
    sqs,
    status,
    async send(events) {
      for (;;) {
        const answer = await fetch(`${url}/v1/batch`, {
          method: 'POST',
          headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
          body: JSON.stringify({ batch: events, sentAt: new Date(now()).toISOString() }),
        })
        const { rejected = [] } = (await answer.json()) as { rejected?: unknown[] }
        if (answer.status === 200) return rejected.length
        if (answer.status < 500) throw new Error(`ingest answered ${answer.status}`)
        await sleep(200)
      }
    },
    async queueUrl(part) {
      const { queues } = await status()
      const found = queues.find(({ name }) => new RegExp(`^Queues${part}[0-9A-F]{8}`).test(name))
      if (!found) throw new Error(`no queue ${part} among ${queues.map(({ name }) => name).join(', ')}`)
      return `${awsUrl}/000000000000/${found.name}`
    },
    async emulator<T>(method: string, path: string, body?: object) {
      const answer = await fetch(`${graphUrl}/_emulator${path}`, {
        method,
        ...(body && { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`)
      return (await answer.json()) as T
    },
    async close() {
      sqs.destroy()
      await close()
    },
  }
}
