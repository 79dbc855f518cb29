import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createJournal, writeAtTheEnd } from '../../functions/consumer/journal.ts'
import { createReceiptTable } from '../../lib/aws/receipt-table.ts'
import type { ReceiptTable } from '../../lib/aws/receipt-table.ts'
import type { Client } from '../../lib/aws/register-items.ts'
import { createWaitNoteTable } from '../../lib/aws/wait-note-table.ts'
import { receiptOf } from '../../lib/graph-api/receipt.ts'
import type { Receipt } from '../../lib/graph-api/receipt.ts'
import type { Wait } from '../../lib/register/wait-note.ts'
import { startLocalTable } from '../aws/local-table.ts'
import { AUDIENCE, NOON, OTHER_AUDIENCE, aBatch, aClock, people, settingsOf, taken } from '../graph-api/builders.ts'
import { aConsumer, aRecord, hashOf, messagesOf, user } from './consumer-support.ts'

const MINUTE = 60_000
const waiting = { sleep: () => Promise.resolve(), random: () => 0.5 }

let table: Awaited<ReturnType<typeof startLocalTable>>
beforeAll(async () => {
  table = await startLocalTable()
})
afterAll(() => table.close())

const receiptsOf = (audienceId: string) =>
  createReceiptTable(table.client, 'register', waiting).newest(audienceId, { from: since, most: 1_000 })
const noteOf = (audienceId: string) => createWaitNoteTable(table.client, 'register').read(audienceId)

/** Every test has an hour of its own, so that it finds its own receipts alone. */
let since = NOON
beforeEach(() => {
  since += 60 * MINUTE
})

/** The consumer as it is deployed, with a journal that is written with this client when an invocation ends. */
async function aConsumerWithJournal(client: Client = table.client, name = 'register') {
  let write: (remainingMs: number) => Promise<void> = () => Promise.resolve()
  const consumer = await aConsumer({
    settings: settingsOf({ name: 'main', events: { USER_ADD: AUDIENCE, OTHER: OTHER_AUDIENCE } }),
    journal: ({ log, clock }) => {
      const outside = {
        receiptTable: createReceiptTable(client, name, waiting),
        waitNoteTable: createWaitNoteTable(client, name),
        ...{ log, clock, newId: () => crypto.randomUUID() },
      }
      const journal = createJournal(outside)
      write = journal.write
      return journal
    },
  })
  consumer.time.now = since
  const handler = middy<SQSEvent, SQSBatchResponse>()
    .use(writeAtTheEnd((remainingMs) => write(remainingMs)))
    .handler(consumer.environment())
  /** One invocation. What it has left when it ends is said here, because its clock is a virtual one. */
  const handle = async (events: Parameters<typeof messagesOf>[0], leftMs = 100_000) => {
    const records = messagesOf(events, consumer.time.now).track.map(({ body }, index) =>
      aRecord('track', { id: `track-${index}`, body }),
    )
    const left = [180_000, leftMs]
    const context = { getRemainingTimeInMillis: () => left.shift() ?? leftMs }
    const { batchItemFailures } = await handler({ Records: records }, context as never)
    return batchItemFailures
  }
  const lost = () => consumer.lines.filter((line) => line.includes('receipts_lost'))
  return { ...consumer, handle, lost }
}

const members = async ({ members }: Awaited<ReturnType<typeof aConsumerWithJournal>>) =>
  (await members()).map(({ EMAIL }) => EMAIL).sort()

describe('an invocation', () => {
  it('leaves a receipt for each request to Meta, of whatever outcome and audience, and nothing of a person in it', async () => {
    const consumer = await aConsumerWithJournal()
    await consumer.fault({ fault: 'data-source-conflict', audience: OTHER_AUDIENCE, times: 1 })
    await consumer.fault({ fault: 'service-unavailable', audience: AUDIENCE, times: 1 })
    const failed = await consumer.handle([
      { add: [user('ann'), user('bob')], remove: [user('cleo')] },
      { name: 'OTHER', add: [user('dan')] },
    ])
    expect(failed).toEqual([])
    const receipts = [...(await receiptsOf(AUDIENCE)), ...(await receiptsOf(OTHER_AUDIENCE))]
    expect(receipts).toHaveLength((await consumer.requests()).length)
    const said = receipts.map(({ audienceId, direction, count, outcome }) => [audienceId, direction, count, outcome])
    expect(said.sort()).toEqual([
      [AUDIENCE, 'add', 2, 'delivered'],
      [AUDIENCE, 'remove', 1, 'delivered'],
      [AUDIENCE, 'remove', 1, 'graph_2'],
      [OTHER_AUDIENCE, 'add', 1, 'graph_2650'],
    ])
    for (const { fbtraceId, destination } of receipts) {
      expect(fbtraceId).toMatch(/^A[\w-]{20,}$/)
      expect(destination).toBe('main')
    }
    const text = JSON.stringify(receipts)
    for (const name of ['ann', 'cleo', 'dan']) {
      expect(text).not.toContain(name)
      expect(text).not.toContain(hashOf(name).slice(0, 8))
    }
    expect(consumer.lost()).toEqual([])
  })

  it('notes why an audience waits, since when and until when; when it has sent again, a newer receipt says so', async () => {
    const consumer = await aConsumerWithJournal()
    await consumer.fault({ fault: 'rate-limit-80003', times: 1, regainMinutes: 10 })
    await consumer.handle([{ add: [user('ann')] }])
    const note = await noteOf(AUDIENCE)
    expect(note).toMatchObject({ destination: 'main', reason: 'graph_80003_2446079', at: since, since })
    expect(note?.until).toBeGreaterThanOrEqual(since + 10 * MINUTE)
    expect(note?.until).toBeLessThanOrEqual(since + 13 * MINUTE)

    consumer.time.now = note?.until ?? 0
    await consumer.handle([{ add: [user('bob')] }])
    const [newest] = await receiptsOf(AUDIENCE)
    expect(newest).toMatchObject({ outcome: 'delivered', at: note?.until })
  })

  it('that lets a session wait in its queue tells why and until when, and its receipt names the batch', async () => {
    const [waits, called] = [[] as Wait[], [] as Receipt[]]
    const consumer = await aConsumer({
      journal: ({ clock }) => ({
        waits: (wait) => void waits.push(wait),
        called: (batch, answer, ms) => void called.push(receiptOf(batch, answer, ms, clock())),
      }),
    })
    const session = { sessionId: '5', batchSequence: 1, lastBatch: true, maxUsers: 10 }
    await consumer.session.send(messagesOf([{ add: [user('ann')], destinations: ['main'], session }]).session)
    await consumer.fault({ fault: 'update-in-progress', times: 1 })
    expect(await consumer.consume(consumer.session, 10)).toHaveLength(1)
    const reason = 'graph_2650_1870145'
    expect(called).toMatchObject([{ outcome: reason, count: 1, session: { id: '5', batch: 1 } }])
    expect(waits).toMatchObject([{ destination: 'main', audienceId: AUDIENCE, reason, ageSeconds: 0 }])
    expect(consumer.session.nextAt()).toBe(NOON + (waits[0]?.waitSeconds ?? 0) * 1_000)
  })

  it('whose receipts cannot be written delivers all the same, repeats nothing, and says how many are missing', async () => {
    const consumer = await aConsumerWithJournal(table.client, 'elsewhere')
    expect(await consumer.handle([{ add: [user('ann')], remove: [user('bob')] }])).toEqual([])
    expect(await members(consumer)).toEqual([hashOf('ann')])
    expect(consumer.lost()).toEqual([expect.stringContaining('"count":2,"reason":"ResourceNotFoundException"')])
    expect(await consumer.handle([])).toEqual([])
    expect(consumer.lost(), 'they are not tried again').toHaveLength(1)
    expect(await consumer.requests()).toHaveLength(2)
  })

  it('whose table hangs answers in time: what is left of the invocation is the limit', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    // This client has no deadline of its own, so that without ours the test would never end.
    const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials })
    onTestFinished(() => {
      client.destroy()
      silent.closeAllConnections()
      silent.close()
    })
    const consumer = await aConsumerWithJournal(client)
    await consumer.fault({ fault: 'rate-limit-80003', audience: OTHER_AUDIENCE, times: 1, regainMinutes: 10 })
    const events = [{ add: [user('ann')] }, { name: 'OTHER', add: [user('dan')] }]
    expect(await consumer.handle(events, 1_200)).toEqual([])
    expect(await members(consumer)).toEqual([hashOf('ann')])
    const isLost = (line: string, count: number) => line.includes(`"count":${count},"reason":"out_of_time"`)
    expect(consumer.lost().map((line) => [isLost(line, 2), isLost(line, 1)])).toEqual([
      [true, false],
      [false, true],
    ])
  })

  it('that has no second left writes nothing and says so', async () => {
    const consumer = await aConsumerWithJournal()
    expect(await consumer.handle([{ add: [user('ann')] }], 900)).toEqual([])
    expect(consumer.lost()).toEqual([expect.stringContaining('"count":1,"reason":"out_of_time"')])
    expect(await receiptsOf(AUDIENCE)).toEqual([])
  })

  it('that ends with an error leaves its receipts all the same', async () => {
    const written: number[] = []
    const handler = middy()
      .use(writeAtTheEnd((remainingMs) => Promise.resolve(void written.push(remainingMs))))
      .handler(() => Promise.reject(new Error('a defect')))
    await expect(handler({}, { getRemainingTimeInMillis: () => 7_000 } as never)).rejects.toThrow('a defect')
    expect(written).toEqual([7_000])
  })
})

describe('a journal', () => {
  const WAIT: Wait = { destination: 'main', audienceId: AUDIENCE, reason: 'graph_190', waitSeconds: 120, ageSeconds: 0 }

  /** An environment's journal, with what it wrote; `isBroken` makes writes of notes fail. */
  function aJournal() {
    const [time, notes, batches, lines] = [aClock(), [] as string[], [] as number[], [] as unknown[]]
    const state = { isBroken: false }
    const journal = createJournal({
      receiptTable: {
        write: ((receipts) => {
          batches.push(receipts.length)
          return Promise.resolve({ lost: 0 })
        }) satisfies ReceiptTable['write'],
      },
      waitNoteTable: {
        write: ({ audienceId, reason }) => {
          if (state.isBroken) return Promise.reject(new Error('Unreachable'))
          notes.push(`${audienceId} ${reason}`)
          return Promise.resolve()
        },
      },
      log: (_, code, fields) => void lines.push([code, fields]),
      clock: time.clock,
      newId: () => 'id',
    })
    const waits = async (wait: Partial<Wait>, minutes = 0) => {
      time.now += minutes * MINUTE
      journal.waits({ ...WAIT, ...wait })
      await journal.write(100_000)
    }
    return { time, notes, batches, lines, state, journal, waits }
  }

  it('writes one note while an audience waits for one reason, however often it is told, and another when that is over', async () => {
    const { notes, waits } = aJournal()
    for (let times = 0; times < 10; times += 1) await waits({})
    expect(notes).toHaveLength(1)
    await waits({}, 1)
    expect(notes).toHaveLength(1)
    await waits({}, 1)
    expect(notes, 'two minutes have passed').toHaveLength(2)
  })

  it('writes a note when the reason changes, and one for each audience', async () => {
    const { notes, waits } = aJournal()
    await waits({})
    await waits({ reason: 'usage_limit' })
    await waits({ audienceId: OTHER_AUDIENCE, reason: 'usage_limit' })
    expect(notes).toEqual([`${AUDIENCE} graph_190`, `${AUDIENCE} usage_limit`, `${OTHER_AUDIENCE} usage_limit`])
  })

  it('writes nothing for turns of an hour that find their audience busy, and one note for those of a rest', async () => {
    const { notes, waits } = aJournal()
    for (let turn = 0; turn < 120; turn += 1) await waits({ reason: 'audience_busy', waitSeconds: 10 + turn / 4 }, 0.5)
    expect(notes).toEqual([])
    for (let left = 300; left > 60; left -= 30) await waits({ reason: 'audience_resting', waitSeconds: left }, 0.5)
    expect(notes).toEqual([`${AUDIENCE} audience_resting`])
  })

  it('tries a note again that could not be written, when the audience is told to wait again', async () => {
    const { notes, lines, state, waits } = aJournal()
    state.isBroken = true
    await waits({})
    expect(lines).toEqual([['receipts_lost', { count: 1, reason: 'Error' }]])
    state.isBroken = false
    await waits({})
    expect(notes).toHaveLength(1)
  })

  it('keeps at most 5,000 receipts of an invocation in memory, and counts the others', async () => {
    const { batches, lines, journal } = aJournal()
    const batch = aBatch(people('ann'))
    for (let request = 0; request < 5_010; request += 1) journal.called(batch, taken(1), 5)
    await journal.write(100_000)
    expect(batches).toEqual([5_000])
    expect(lines).toEqual([['receipts_lost', { count: 10, reason: 'too_many' }]])
  })

  it('calls nothing when there is nothing to write', async () => {
    const calls: string[] = []
    const send = (command: object) => Promise.resolve(void calls.push(command.constructor.name))
    const client = { send } as unknown as Client
    const journal = createJournal({
      receiptTable: createReceiptTable(client, 'register', waiting),
      waitNoteTable: createWaitNoteTable(client, 'register'),
      ...{ log: () => undefined, clock: () => NOON, newId: () => 'id' },
    })
    await journal.write(100_000)
    expect(calls).toEqual([])
    journal.waits(WAIT)
    await journal.write(100_000)
    expect(calls, 'a note without receipts').toEqual([UpdateItemCommand.name])
  })
})
