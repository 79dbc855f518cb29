import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, vi } from 'vitest'
import { AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'
import { aStack } from '../a-stack.ts'
import { cli } from '../typed.ts'
import { givenUp, put } from './letters.ts'

const settings = settingsOf({ destinations: [aDestination({ userSchema: ['EMAIL'] })] })

/** Received messages of a killed command are hidden for a minute. */
const PATIENCE = { timeout: 120_000, interval: 5_000 }

// Each waits for a minute, so they wait together.
test.concurrent.for([
  ['before a call to send', 'sqs:SendMessageBatch', 4],
  ['between sending and deleting', 'sqs:DeleteMessageBatch', 4],
  ['while it receives', 'sqs:ReceiveMessage', 17],
])(
  'a redrive that is killed %s loses nothing',
  { timeout: 300_000 },
  async ([, fatal, times], { onTestFinished: atEnd, expect }) => {
    const stack = await aStack({ settings, atEnd })
    const people = Array.from({ length: 95 }, (_, place) => `${place}@example.com`)
    const letters = people.flatMap((one) => givenUp([one], { audience: AUDIENCE }))
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), letters)
    const bodies = async (output: 'DeadLettersUrl' | 'RetryQueueUrl') =>
      (await stack.messages(output)).map(({ body }) => body)

    const child = spawn(process.execPath, ['lib/cli/main.ts', 'dlq', 'redrive', '--yes'], {
      env: { ...process.env, TRACK_URL: stack.url },
    })
    let calls = 0
    stack.before(async ({ action }) => {
      if (action !== fatal || (calls += 1) !== times) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    })
    await once(child, 'close')
    expect(child.signalCode).toBe('SIGKILL')
    expect(calls).toBe(times)
    const somewhere = new Set([...(await bodies('DeadLettersUrl')), ...(await bodies('RetryQueueUrl'))])
    expect(somewhere).toEqual(new Set(letters.map(({ body }) => body)))
    expect((await bodies('RetryQueueUrl')).length).toBeGreaterThan(0)

    // The messages that it had received are hidden for a minute: who repeats the command is told of them.
    await vi.waitFor(async () => {
      await cli(['dlq', 'redrive', '--yes'], '', { trackUrl: stack.url })
      expect(await bodies('DeadLettersUrl')).toEqual([])
    }, PATIENCE)
    const delivered = await bodies('RetryQueueUrl')
    expect(new Set(delivered)).toEqual(new Set(letters.map(({ body }) => body)))
    // Only those whose deletion had not come about are there twice.
    expect(delivered.length - letters.length).toBeLessThanOrEqual(10)
  },
)
