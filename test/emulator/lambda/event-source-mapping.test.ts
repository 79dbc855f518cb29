import { setImmediate } from 'node:timers/promises'
import type { SQSRecord } from 'aws-lambda'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createEventSourceMapping } from '../../../lib/emulator/lambda/event-source-mapping.ts'
import type { MappingSettings, PolledQueue } from '../../../lib/emulator/lambda/event-source-mapping.ts'
import type { InvocationResult } from '../../../lib/emulator/lambda/invocation-result.ts'
import { anSqsRecord } from './sqs-record.ts'

const settings: MappingSettings = {
  batchSize: 10,
  windowSeconds: 0,
  maximumConcurrency: 2,
  reportBatchItemFailures: true,
  fifo: false,
}
const waitFor = <T>(check: () => T) => vi.waitFor(check, { timeout: 60_000, interval: 5 })
const success: InvocationResult = { ok: true, payload: null }

type Arrival = { at: number; record: SQSRecord }

/** Time that passes only when somebody waits for it. */
function virtualTime() {
  let time = 0
  return {
    now: () => time,
    sleep: async (milliseconds: number) => {
      await setImmediate()
      time += milliseconds
    },
  }
}

/** A queue in which messages arrive at given times, each once. */
function queueOf(arrivals: Arrival[], { now, sleep }: ReturnType<typeof virtualTime>) {
  const deleted: string[] = []
  let receives = 0
  const queue: PolledQueue = {
    async receive(max, waitSeconds) {
      receives += 1
      const deadline = now() + waitSeconds * 1000
      const next = Math.min(...arrivals.map(({ at }) => at))
      if (next > now()) await sleep(Math.min(next, deadline) - now())
      else await setImmediate()
      const ready = arrivals.filter(({ at }) => at <= now()).slice(0, max)
      for (const arrival of ready) arrivals.splice(arrivals.indexOf(arrival), 1)
      return ready.map(({ record }) => record)
    },
    delete(handles) {
      deleted.push(...handles)
      return Promise.resolve()
    },
  }
  return { queue, deleted, receives: () => receives }
}

function start(options: {
  arrivals?: Arrival[]
  settings?: Partial<MappingSettings>
  invoke?: (ids: string[]) => Promise<InvocationResult>
  queue?: Partial<PolledQueue>
}) {
  const time = virtualTime()
  const sleeps: number[] = []
  const log: string[] = []
  const batches: { at: number; ids: string[] }[] = []
  const fake = queueOf(options.arrivals ?? [], time)
  const mapping = createEventSourceMapping({
    settings: { ...settings, ...options.settings },
    queue: { ...fake.queue, ...options.queue },
    invoke({ Records }) {
      const ids = Records.map(({ messageId }) => messageId)
      batches.push({ at: time.now(), ids })
      return options.invoke?.(ids) ?? Promise.resolve(success)
    },
    now: time.now,
    sleep(milliseconds) {
      sleeps.push(milliseconds)
      return time.sleep(milliseconds)
    },
    log: (line) => log.push(line),
  })
  onTestFinished(() => mapping.close(1))
  return { ...fake, mapping, batches, sleeps, log }
}

const messages = (...ids: string[]) => ids.map((id) => ({ at: 0, record: anSqsRecord(id) }))

test('messages of one window are one invocation, at the end of the window of the first', async () => {
  const arrivals = [300, 700, 1200, 1301].map((at) => ({ at, record: anSqsRecord(String(at)) }))
  const { batches } = start({ arrivals, settings: { batchSize: 10_000, windowSeconds: 1 } })
  await waitFor(() => expect(batches).toHaveLength(2))
  expect(batches[0]).toEqual({ at: 1300, ids: ['300', '700', '1200'] })
  expect(batches[1]?.ids).toEqual(['1301'])
})

test('a long window is gathered over many receives', async () => {
  const arrivals = Array.from({ length: 500 }, (_, index) => ({ at: index * 100, record: anSqsRecord(String(index)) }))
  const { batches } = start({ arrivals, settings: { batchSize: 10_000, windowSeconds: 60 } })
  await waitFor(() => expect(batches).toHaveLength(1))
  expect(batches[0]?.ids).toHaveLength(500)
  expect(batches[0]?.at).toBe(60_000)
})

test('a full batch does not wait for its window', async () => {
  const ids = Array.from({ length: 25 }, (_, index) => String(index))
  const { batches } = start({ arrivals: messages(...ids), settings: { batchSize: 25, windowSeconds: 60 } })
  await waitFor(() => expect(batches).toEqual([{ at: 0, ids }]))
})

test('messages beyond 6 MB go to the next invocation, and none is lost', async () => {
  const body = 'x'.repeat(1024 * 1024)
  const arrivals = Array.from({ length: 12 }, (_, index) => ({ at: 0, record: anSqsRecord(String(index), { body }) }))
  const { batches } = start({ arrivals, settings: { batchSize: 10_000, windowSeconds: 1 } })
  await waitFor(() => expect(batches.map(({ ids }) => ids.length)).toEqual([5, 5, 2]))
})

test('no more invocations than the maximum concurrency run at once, and nothing is received meanwhile', async () => {
  const releases: (() => void)[] = []
  const { batches, receives } = start({
    arrivals: messages('a', 'b', 'c', 'd'),
    settings: { batchSize: 1 },
    invoke: () => new Promise((resolve) => releases.push(() => resolve(success))),
  })
  await waitFor(() => expect(batches).toHaveLength(2))
  for (let turn = 0; turn < 20; turn += 1) await setImmediate()
  expect(receives()).toBe(2)
  releases[0]?.()
  await waitFor(() => expect(batches).toHaveLength(3))
  for (const release of releases) release()
  await waitFor(() => expect(batches).toHaveLength(4))
  releases.at(-1)?.()
})

test('messages are handed back when their invocation has ended without them, not while it runs, and not once they are done', async () => {
  const answers: ((result: InvocationResult) => void)[] = []
  const { mapping, batches } = start({
    arrivals: [...messages('a', 'b'), { at: 1000, record: anSqsRecord('a') }],
    invoke: () => new Promise((resolve) => answers.push(resolve)),
  })
  await waitFor(() => expect(batches).toHaveLength(2))
  expect(mapping.handedBack()).toEqual([])
  answers[0]?.({ ok: false, errorType: 'Sandbox.Timedout', errorMessage: '' })
  await waitFor(() => expect(mapping.handedBack()).toEqual(['handle-a', 'handle-b']))
  answers[1]?.(success)
  await waitFor(() => expect(mapping.handedBack()).toEqual(['handle-b']))
})

test('messages that succeeded are deleted and those reported stay', async () => {
  const { deleted } = start({
    arrivals: messages('a', 'b', 'c'),
    invoke: () => Promise.resolve({ ok: true, payload: { batchItemFailures: [{ itemIdentifier: 'b' }] } }),
  })
  await waitFor(() => expect(deleted).toEqual(['handle-a', 'handle-c']))
})

test('nothing is deleted after a function error', async () => {
  const { deleted, log } = start({
    arrivals: messages('a'),
    invoke: () => Promise.resolve({ ok: false, errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' }),
  })
  await waitFor(() => expect(log).toEqual([expect.stringContaining('Sandbox.Timedout')]))
  expect(deleted).toEqual([])
})

test('of a FIFO queue a group is never in two invocations at once, and keeps its order', async () => {
  const releases: (() => void)[] = []
  const record = (id: string, group: string) => ({ at: 0, record: anSqsRecord(id, { group }) })
  const { batches } = start({
    arrivals: [record('a1', 'a'), record('a2', 'a'), record('a3', 'a')],
    settings: { batchSize: 1, maximumConcurrency: 5, fifo: true },
    invoke: () => new Promise((resolve) => releases.push(() => resolve(success))),
  })
  for (const id of ['a1', 'a2', 'a3']) {
    await waitFor(() => expect(batches.at(-1)?.ids).toEqual([id]))
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    expect(batches.at(-1)?.ids).toEqual([id])
    releases.shift()?.()
  }
})

test('groups of a FIFO queue run side by side', async () => {
  const releases: (() => void)[] = []
  const { batches } = start({
    arrivals: ['a', 'b'].map((group) => ({ at: 0, record: anSqsRecord(group, { group }) })),
    settings: { batchSize: 1, fifo: true },
    invoke: () => new Promise((resolve) => releases.push(() => resolve(success))),
  })
  await waitFor(() => expect(batches).toHaveLength(2))
  for (const release of releases) release()
})

test('a poller that cannot receive waits longer each time, and goes on', async () => {
  let failures = 4
  const { sleeps, log } = start({
    queue: {
      async receive() {
        await setImmediate()
        failures -= 1
        if (failures >= 0) throw new Error('connection refused')
        return []
      },
    },
  })
  await waitFor(() => expect(failures).toBeLessThan(-1))
  expect(sleeps.slice(0, 4)).toEqual([50, 100, 200, 400])
  expect(log).toHaveLength(4)
})

test('what was gathered before a failed receive is still invoked when the window ends', async () => {
  let receives = 0
  const { batches } = start({
    settings: { batchSize: 100, windowSeconds: 2 },
    queue: {
      async receive() {
        await setImmediate()
        receives += 1
        if (receives === 1) return [anSqsRecord('a')]
        throw new Error('connection refused')
      },
    },
  })
  await waitFor(() => expect(batches).toEqual([{ at: 2000, ids: ['a'] }]))
})

test('a failed delete is tolerated, since the messages come again', async () => {
  const { batches, log } = start({
    arrivals: messages('a', 'b'),
    settings: { batchSize: 1 },
    queue: { delete: () => Promise.reject(new Error('throttled')) },
  })
  await waitFor(() => expect(log).toHaveLength(2))
  expect(batches).toHaveLength(2)
})

test('close waits for invocations that run', async () => {
  const { promise, resolve } = Promise.withResolvers<InvocationResult>()
  const sleepForever = () => new Promise<void>(() => undefined)
  const deleted: string[] = []
  const arrivals = messages('a')
  const mapping = createEventSourceMapping({
    settings,
    queue: {
      receive: async () => {
        await setImmediate()
        return arrivals.splice(0).map(({ record }) => record)
      },
      delete: (handles) => Promise.resolve(void deleted.push(...handles)),
    },
    invoke: () => promise,
    now: () => 0,
    sleep: (milliseconds) => (milliseconds < 1000 ? setImmediate() : sleepForever()),
    log: () => undefined,
  })
  await waitFor(() => expect(arrivals).toHaveLength(0))
  await setImmediate()
  const closed = mapping.close(5)
  resolve(success)
  await closed
  expect(deleted).toEqual(['handle-a'])
})

test('close gives up waiting after its grace', async () => {
  const { mapping, batches } = start({ arrivals: messages('a'), invoke: () => new Promise(() => undefined) })
  await waitFor(() => expect(batches).toHaveLength(1))
  await mapping.close(5)
})
