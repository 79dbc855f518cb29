import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalStack } from '../../lib/local/stack.ts'
import type { LocalStatus } from '../../lib/local/status.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'

const BUYERS = '23846440602800582'
const NEWSLETTER = '23846440602800583'
const LOYAL = '23846440602800584'

const SETTINGS = {
  sources: [{ name: 'server', mayErase: true }],
  destinations: [
    {
      ...{ name: 'main', adAccountId: 'act_1', userSchema: ['EMAIL', 'FN'] },
      events: {
        'Order Completed': { audiences: [BUYERS], action: 'add' },
        BUYERS: BUYERS,
        NEWSLETTER: NEWSLETTER,
        LOYAL: LOYAL,
      },
    },
  ],
}

/**
 * A local stack at work, with something to see: buyers who are members, readers of a newsletter who wait until Meta
 * is there again, and loyal customers whose audience Meta refuses.
 */
export async function playScene(): Promise<LocalStack> {
  const stack = await startTemporaryStack(SETTINGS, { port: 3000, graphPort: 3001 })
  await post(`${stack.graphUrl}/_emulator/faults`, {
    fault: 'service-unavailable',
    audience: NEWSLETTER,
    method: 'POST',
    times: 1000,
  })
  await post(`${stack.graphUrl}/_emulator/faults`, { fault: 'data-source-conflict', audience: LOYAL })
  const ann = { email: 'ann@example.com', firstName: 'Ann' }
  await track(stack, { event: 'BUYERS', properties: { userListAdd: people('buyer', 640) } })
  await track(stack, { event: 'Order Completed', properties: { order_id: '1001' }, context: { traits: ann } })
  await settles(stack)
  await track(stack, { event: 'BUYERS', properties: { userListDelete: people('buyer', 12) } })
  await track(stack, {
    event: 'NEWSLETTER',
    properties: { userListAdd: [{ EMAIL: ann.email }, ...people('reader', 25)] },
  })
  await track(stack, { event: 'LOYAL', properties: { userListAdd: people('loyal', 3) } })
  await settles(stack)
  return stack
}

function people(name: string, count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({ EMAIL: `${name}${index}@example.com` }))
}

async function track(
  { url }: LocalStack,
  event: { event: string; properties: object; context?: object },
): Promise<void> {
  const authorization = `Basic ${Buffer.from('local-write-key:').toString('base64')}`
  await post(`${url}/v1/track`, { messageId: randomUUID(), ...event }, { authorization })
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const answer = await fetch(url, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
    body: JSON.stringify(body),
  })
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
}

/** Until nothing is left in the queues that are read at once. */
async function settles({ url }: LocalStack): Promise<void> {
  for (;;) {
    await sleep(1000)
    const { queues } = (await (await fetch(`${url}/_local/status`)).json()) as LocalStatus
    const left = queues.filter(({ name }) => /track|removal/i.test(name))
    if (left.every(({ visible, inFlight }) => visible + inFlight === 0)) return
  }
}
