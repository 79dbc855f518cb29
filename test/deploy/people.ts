import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Environment } from './command.ts'

export const WRITE_KEY = 'the-key-of-the-server'
export const ACCESS_TOKEN = 'local-access-token'

/** An event that adds people. */
export const add = (event: string, ...emails: string[]) => ({
  event,
  messageId: `${event} ${emails.join()}`,
  properties: { userListAdd: emails.map((EMAIL) => ({ EMAIL, FN: 'Ann' })) },
})

/** Sends a track event to the endpoint, compressed or not. Rejects when it is not accepted. */
export async function track(
  { TrackUrl = '' }: Environment,
  event: { messageId: string },
  encoding: 'gzip' | 'identity' = 'identity',
): Promise<void> {
  const json = JSON.stringify(event)
  const answer = await fetch(`${TrackUrl}v1/track`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
      'content-type': 'application/json',
      ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
    },
    body: encoding === 'gzip' ? gzipSync(json) : json,
  })
  const text = await answer.text()
  if (answer.status !== 200 || !text.includes('"accepted":1'))
    throw new Error(`${event.messageId} (${encoding}) was answered ${answer.status} ${text}`)
}

/** Waits until an audience has exactly these people, by their e-mail addresses. */
export async function hasMembers(graphUrl: string, audience: string, emails: readonly string[]): Promise<void> {
  const expected = emails.map(sha256).sort()
  await until(`audience ${audience} has ${emails.join(', ') || 'nobody'}`, async () => {
    const answer = await fetch(`${graphUrl}/_emulator/audiences/${audience}/members`)
    const { members } = (await answer.json()) as { members: { EMAIL: string }[] }
    return JSON.stringify(members.map(({ EMAIL }) => EMAIL).sort()) === JSON.stringify(expected)
  })
}

/** Has Meta fail for an audience, from now on. */
export async function failAt(graphUrl: string, audience: string): Promise<void> {
  const fault = { fault: 'unknown-error', audience, times: 1000 }
  await fetch(`${graphUrl}/_emulator/faults`, { method: 'POST', body: JSON.stringify(fault) })
}

/** Longer than anything waits here: busy audiences are tried again after 30 s at most. */
const PATIENCE_MS = 100_000

/** Waits for something. Rejects when it has not come true in time. */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`Not so after ${PATIENCE_MS / 1000} s: ${what}`)
    await sleep(200)
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
