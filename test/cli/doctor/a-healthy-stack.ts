import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { onTestFinished, vi } from 'vitest'
import { startGraphApi } from '../../../lib/emulator/meta/server.ts'
import type { Outcome } from '../../../lib/cli/doctor/check.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'
import { STACK_NAME, aStack } from '../a-stack.ts'
import type { OtherService } from '../a-stack.ts'
import { cli } from '../typed.ts'

export const TOKEN = 'EAAGoodToken'
export const APP_SECRET = 'app-secret-of-meta'
const POLLED = ['track', 'removal', 'session.fifo', 'retry']

type Options = {
  sources?: Record<string, unknown>[]
  destinations?: Record<string, unknown>[]
  secrets?: Record<string, string>
  appSecret?: string
  polled?: readonly string[]
  other?: OtherService
}

/** A stack on which nothing is wrong, unless the options say otherwise, and its Meta, whose clock can be turned back. */
export async function aHealthyStack(options: Options = {}) {
  const { sources = [{ name: 'server' }], destinations = [{}], polled = POLLED, appSecret, other } = options
  let turnedBackMs = 0
  const meta = await startGraphApi({
    ...{ port: 0, audiences: [AUDIENCE, OTHER_AUDIENCE], accessTokens: [TOKEN] },
    clock: () => Date.now() - turnedBackMs,
    ...(appSecret !== undefined && { appSecret, settings: { requireAppSecretProof: true } }),
  })
  onTestFinished(() => meta.close())
  const file = { sources, destinations: destinations.map(aDestination) }
  const stack = await aStack({
    settings: settingsOf(file),
    graphUrl: meta.url,
    secrets: { 'write-keys': '{"server":"key"}', 'erasure-key': 'secret', 'token/main': TOKEN, ...options.secrets },
    other: (asked) =>
      other?.(asked) ??
      (asked.path === '/_local/status'
        ? { text: JSON.stringify({ mappings: polled.map((queue) => ({ queue, function: 'consumer' })) }) }
        : undefined),
  })
  for (const queue of ['TrackQueueUrl', 'RemovalQueueUrl', 'SessionQueueUrl', 'RetryQueueUrl'] as const)
    await redrive(queue, queue === 'SessionQueueUrl' ? 'session-dead-letters.fifo' : 'dead-letters')

  async function redrive(queue: Parameters<typeof stack.queueUrl>[0], deadLetters: string | undefined) {
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${deadLetters}`
    const RedrivePolicy = deadLetters === undefined ? '' : JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 7 })
    const QueueUrl = stack.queueUrl(queue)
    await stack.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }))
  }
  const graph = async (path: string, body: object, method = 'PATCH') => {
    const answer = await fetch(`${meta.url}/_emulator/${path}`, { method, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(await answer.text())
  }
  const requests = async () => {
    const answer = await fetch(`${meta.url}/_emulator/requests`)
    return ((await answer.json()) as { requests: { method: string; url: string; body: object }[] }).requests
  }
  return { stack, meta, graph, requests, redrive, file, turnBack: (ms: number) => (turnedBackMs = ms) }
}

export type Healthy = Awaited<ReturnType<typeof aHealthyStack>>

/** What a command does on the stack as a deployed one. */
export async function deployedCli({ stack, file }: Pick<Healthy, 'stack' | 'file'>, ...args: string[]) {
  for (const [name, value] of Object.entries(stack.deployed)) vi.stubEnv(name, value)
  // The SDK remarks that the queues are not where the other services are.
  const remarks = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    remarks.mockRestore()
  })
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const destinations = join(directory, 'destinations.json')
  writeFileSync(destinations, JSON.stringify(file))
  return cli([...args, '--stack', STACK_NAME], '', { destinations })
}

/** The rows that doctor writes for programs. */
export function rowsOf(stdout: string) {
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [destination, subject, check, outcome, finding = '', fix = ''] = line.split('\t')
      return { destination, subject, check, outcome: outcome as Outcome, finding, fix }
    })
}
