import type { QueuedUser } from '../../lib/track/message.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { EVENT, withLocalStack } from './local-stack.ts'

const AUTHORIZATION = `Basic ${Buffer.from('local-write-key:').toString('base64')}`
const PARALLEL_REQUESTS = 8

/** Events and users per second through the whole local stack, where all of AWS and Meta share this machine's cores. */
const benchmark: Benchmark = {
  name: 'throughput',
  run: async () => [
    ...(await throughput({ events: 20_000, usersPerEvent: 1, eventsPerRequest: 200 })),
    ...(await throughput({ events: 200, usersPerEvent: 500, eventsPerRequest: 4 })),
  ],
}
export default benchmark

type Load = { events: number; usersPerEvent: number; eventsPerRequest: number }

function throughput({ events, usersPerEvent, eventsPerRequest }: Load): Promise<Measurement[]> {
  const bodies = Array.from({ length: events / eventsPerRequest }, (_, request) =>
    JSON.stringify({
      batch: Array.from({ length: eventsPerRequest }, (_, index) => {
        const event = request * eventsPerRequest + index
        const userListAdd = usersFrom(event * usersPerEvent, usersPerEvent)
        return { type: 'track', userId: 'bench', messageId: String(event), event: EVENT, properties: { userListAdd } }
      }),
    }),
  )
  return withLocalStack({ userSchema: ['EMAIL', 'FN'], batchWindow: 1 }, async ({ url, untilMembers }) => {
    const post = async (body: string) => {
      const headers = { authorization: AUTHORIZATION, 'content-type': 'application/json' }
      const { status } = await fetch(`${url}/v1/batch`, { method: 'POST', headers, body })
      if (status !== 200) throw new Error(`ingest answered ${status}`)
    }
    // The functions' processes have started, and someone is in the audience, before the clock is.
    await post(
      JSON.stringify({ batch: [{ type: 'track', event: EVENT, properties: { userListAdd: usersFrom(-1, 1) } }] }),
    )
    await untilMembers(1)

    const start = performance.now()
    const next = bodies.values()
    const lane = async () => {
      for (const body of next) await post(body)
    }
    await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, lane))
    const accepted = (performance.now() - start) / 1000
    await untilMembers(1 + events * usersPerEvent)
    const delivered = (performance.now() - start) / 1000
    const perSecond = (what: string, count: number, seconds: number): Measurement => ({
      name: `${usersPerEvent === 1 ? 'one user' : `${usersPerEvent} users`} in an event: ${what}`,
      value: count / seconds,
      unit: `${what.split(' ')[0] ?? ''}/s`,
    })
    return [
      perSecond('events accepted', events, accepted),
      perSecond('users accepted', events * usersPerEvent, accepted),
      perSecond('events in the audience', events, delivered),
      perSecond('users in the audience', events * usersPerEvent, delivered),
    ]
  })
}

function usersFrom(first: number, count: number): QueuedUser[] {
  return Array.from({ length: count }, (_, index) => ({ EMAIL: `person${first + index}@example.com`, FN: 'ann' }))
}
