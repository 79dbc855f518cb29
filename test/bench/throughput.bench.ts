import { readFile } from 'node:fs/promises'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { packMessages } from '../../lib/track/message.ts'
import type { QueuedUser } from '../../lib/track/message.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { EVENT, withLocalStack } from './local-stack.ts'
import { makePeople } from './people.ts'
import { ALL_FIELDS } from './rows-settings.ts'

const AUTHORIZATION = `Basic ${Buffer.from('local-write-key:').toString('base64')}`
const PARALLEL_REQUESTS = 8

/** The memory that the stack gives to the consumer. */
const CONSUMER_MB = 512

/**
 * Events and users per second through the whole local stack, where all of AWS and Meta share this machine's cores; and
 * the most memory that the consumer's process has taken, with the runtime, for invocations of 6 MB full of users.
 */
const benchmark: Benchmark = {
  name: 'throughput',
  run: async () => [
    ...(await throughput({ events: 20_000, usersPerEvent: 1, eventsPerRequest: 200 })),
    ...(await throughput({ events: 200, usersPerEvent: 500, eventsPerRequest: 4 })),
    ...(await peakMemory('messages of one user', ['EMAIL', 'FN'], ownMessages(20_000))),
    ...(await peakMemory('900 KB messages, 15 fields', ALL_FIELDS, fullMessages(ALL_FIELDS, 40_000))),
    ...(await peakMemory('900 KB messages, e-mail', ['EMAIL'], fullMessages(['EMAIL'], 250_000))),
    ...(await peakMemory('900 KB messages, short e-mail', ['EMAIL'], shortest(450_000))),
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

/** Sends messages for several invocations, each handed on when it is full. More than the consumer has is a failure. */
async function peakMemory(
  name: string,
  userSchema: readonly SchemaField[],
  { bodies, users }: Messages,
): Promise<Measurement[]> {
  const peak = await withLocalStack({ userSchema, batchWindow: 60 }, async ({ awsUrl, status, untilMembers }) => {
    const { queues } = await status()
    const track = queues.find((queue) => queue.name.includes('Track'))?.name ?? ''
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
    const sqs = new SQSClient({ region: 'us-east-1', endpoint: awsUrl, credentials })
    const perCall = (bodies[0]?.length ?? 0) > 100_000 ? 1 : 10
    for (let start = 0; start < bodies.length; start += perCall) {
      const Entries = bodies
        .slice(start, start + perCall)
        .map((MessageBody, index) => ({ Id: String(index), MessageBody }))
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: `${awsUrl}/000000000000/${track}`, Entries }))
    }
    sqs.destroy()
    await untilMembers(users / 2)
    const { functions } = await status()
    const consumers = functions.filter((each) => each.name.startsWith('Consumer'))
    return Math.max(...(await Promise.all(consumers.map(({ pid }) => peakMegabytes(pid)))))
  })
  if (peak > CONSUMER_MB) {
    console.error(`${name}: the consumer took ${peak.toFixed()} MB, and has ${CONSUMER_MB}`)
    process.exitCode = 1
  }
  return Number.isNaN(peak)
    ? []
    : [{ name: `peak memory of ${CONSUMER_MB} MB, 6 MB of ${name}`, value: peak, unit: 'MB' }]
}

type Messages = { bodies: string[]; users: number }

function ownMessages(users: number): Messages {
  return { bodies: usersFrom(0, users).flatMap((user, index) => messagesOf([user], index)), users }
}

/** As many users as 6 MB can hold, and more. */
function shortest(users: number): Messages {
  const people = Array.from({ length: users }, (_, index) => ({ EMAIL: `a${index}@b.co` }))
  return { bodies: messagesOf(people, 0), users }
}

function fullMessages(fields: readonly SchemaField[], users: number): Messages {
  const people = makePeople(users, 1)
  const cut = people.map((person) => Object.fromEntries(fields.map((field) => [field, person[field]])))
  return { bodies: messagesOf(cut, 0), users }
}

function messagesOf(users: readonly QueuedUser[], id: number): string[] {
  const now = Date.now()
  const list = { messageId: String(id), name: EVENT, at: now, direction: 'add' as const, users }
  return packMessages('server', now, [list]).track.map(({ body }) => body)
}

/** The most that a process has taken so far; not a number where the system does not tell. */
async function peakMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) / 1024
}
