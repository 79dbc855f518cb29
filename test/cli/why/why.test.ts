import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { LocalStack } from '../../../lib/local/stack.ts'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { sha256 } from '../dead-letters/letters.ts'
import { cli } from '../typed.ts'

let stack: LocalStack

beforeAll(async () => {
  const settings = {
    sources: [{ name: 'server', mayErase: true }],
    destinations: [
      aDestination({ userSchema: ['EMAIL', 'PHONE'], defaultCountry: 'DE' }),
      aDestination({ name: 'ids', userSchema: ['EXTERN_ID'], events: { B: OTHER_AUDIENCE } }),
      aDestination({ name: 'trial', userSchema: ['EMAIL', 'PHONE'], events: { C: AUDIENCE }, dryRun: true }),
    ],
  }
  stack = await startTemporaryStack(settings, { batchWindow: 0 })
}, 120_000)
afterAll(() => stack.close())

const why = (...args: string[]) => cli(['why', ...args], '', { trackUrl: stack.url })
type Audience = { destination: string; state: string; change: string; [key: string]: unknown }
async function whyJson(...args: string[]) {
  const { stdout } = await why(...args, '--json')
  return JSON.parse(stdout) as { audiences: [Audience, Audience, Audience]; sentAs: object[]; [key: string]: unknown }
}
const patient = { timeout: 60_000, interval: 300 }
const reaches = (person: string, state: string) =>
  vi.waitFor(async () => expect((await whyJson(person)).audiences[0].state).toBe(state), patient)

let events = 0
async function send(list: 'userListAdd' | 'userListDelete', user: object, more: object = {}) {
  const answer = await fetch(`${stack.url}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('local-write-key:').toString('base64')}` },
    body: JSON.stringify({
      event: 'USER_ADD',
      messageId: `m${(events += 1)}`,
      properties: { [list]: [user] },
      ...more,
    }),
  })
  expect(answer.status).toBe(200)
}
const emulator = (path: string, method: string, body?: object) =>
  fetch(`${stack.graphUrl}/_emulator/${path}`, { method, ...(body && { body: JSON.stringify(body) }) })
const fault = (name: string, more: object = {}) => emulator('faults', 'POST', { fault: name, times: 1_000, ...more })

describe('why', () => {
  test('somebody of whom nobody has heard gets a clear answer, and what to look at', async () => {
    const { status, stdout, stderr } = await why('nobody@example.com')
    expect(status).toBe(0)
    expect(stdout).toContain(`main ${AUDIENCE}: no event about them, at least in the last 60 days`)
    expect(stdout).toContain('npm run -s cli -- explain event.json')
    expect(stdout).toContain('ids: cannot know people by this')
    expect(stdout).toContain('It knows them by EXTERN_ID')
    expect(stdout).toContain('trial: a trial run')
    expect(stdout).toContain('Not erased.')
    expect(stdout).toContain('the emulator does not have them')
    expect(stderr).toContain('Taken for an e-mail address.')
    expect(stderr).toContain('at least these in common')
  })

  test('an add that Meta took is shown with its request; the value in another form is the same person', async () => {
    const at = '2026-11-20T10:00:00.000Z'
    await send('userListAdd', { EMAIL: 'Ann@Example.com', PHONE: '030 1234567' }, { originalTimestamp: at })
    await reaches('ann@example.com', 'in')
    const { audiences, sentAs } = await whyJson(' ANN@example.com')
    expect(audiences[0]).toMatchObject({
      added: { event: at, request: { outcome: 'delivered', count: 1, fbtraceId: expect.any(String) as string } },
      isMember: true,
      messages: [],
    })
    expect(sentAs[0]).toEqual({
      ...{ destination: 'main', field: 'EMAIL', normalised: 'an…om' },
      sent: expect.stringMatching(/^[\da-f]{6}…[\da-f]{6}$/) as string,
    })
    const revealed = await whyJson('ann@example.com', '--reveal')
    // A trial run beside it wrote nothing of this down.
    expect(Object.keys(audiences[2])).toEqual(['destination', 'audienceId', 'state', 'standing', 'change'])
    expect(revealed.sentAs[0]).toMatchObject({ normalised: 'ann@example.com', sent: sha256('ann@example.com') })
    // Digits alone may be a phone number or an id, and are looked for as both.
    const { stdout, stderr } = await why('+49 30 1234567')
    expect(stdout).toContain(`main ${AUDIENCE}: in: Meta took the add of 2026-11-20 10:00:00 UTC`)
    expect(stderr).toContain('Taken for a phone number.')
    expect(stdout).not.toContain('1234567')
  })

  test('who was removed is told since when, and that a newer add would let them in', async () => {
    await send('userListDelete', { PHONE: '030 1234567' }, { originalTimestamp: '2026-11-21T10:00:00.000Z' })
    await reaches('+49301234567', 'out')
    const { stdout } = await why('ann@example.com')
    expect(stdout).toContain(
      'out: removed by an event of 2026-11-21 10:00:00 UTC, by the PHONE that they were added with',
    )
    expect(stdout).toContain('send an add that is newer than 2026-11-21 10:00:00 UTC')
    expect(stdout).toMatch(/added {4}event 2026-11-20[^]*removed {2}event 2026-11-21/)
  })

  test('an id is looked for where ids are known, with --as if it looks like something else', async () => {
    await send('userListAdd', { EXTERN_ID: '4930123' }, { event: 'B' })
    await vi.waitFor(async () => expect((await whyJson('4930123')).audiences[1].state).toBe('in'), patient)
    expect((await why('4930123')).stderr).toContain('Taken for a phone number or an id (EXTERN_ID)')
    const asPhone = await whyJson('4930123', '--as', 'phone')
    expect(asPhone.audiences[1].state).toBe('unnamed')
    expect((await why('x@example.com', '--as', 'shoe')).status).toBe(2)
  })

  test('who waits is found in the queue, with the reason; who was given up, among the dead letters', async () => {
    await fault('token-expired', { audience: AUDIENCE })
    await send('userListAdd', { EMAIL: 'bob@example.com' })
    await vi.waitFor(async () => {
      const { audiences } = await whyJson('bob@example.com')
      expect(audiences[0]).toMatchObject({
        state: 'waiting',
        audienceWaits: { reason: 'graph_190_463' },
        messages: [{ queue: 'retry', direction: 'add' }],
        isMember: false,
      })
    }, patient)
    const { stdout } = await why('bob@example.com')
    expect(stdout).toMatch(/waits in the retry queue \(graph_190_463\), until \d{4}-/)
    expect(stdout).toContain('put a new one into the secret')

    // A removal that waits is found by another identifier that the person was added with.
    await send('userListAdd', { EMAIL: 'zoe@example.com', PHONE: '030 7654321' })
    await send('userListDelete', { PHONE: '030 7654321' })
    await vi.waitFor(async () => {
      const { messages } = (await whyJson('zoe@example.com')).audiences[0]
      expect(messages).toMatchObject([{ direction: 'add' }])
      const byPhone = (await whyJson('+49307654321')).audiences[0]
      expect(byPhone).toMatchObject({ state: 'waiting', messages: [{ direction: 'add' }, { direction: 'remove' }] })
    }, patient)

    const retried = await cli(['retry'], '', { trackUrl: stack.url })
    expect([retried.status, retried.stdout]).toEqual([0, expect.stringMatching(/Released: \d+ message/)])
    await emulator('faults', 'DELETE')
    await cli(['retry'], '', { trackUrl: stack.url })
    await reaches('bob@example.com', 'in')

    await fault('invalid-parameter', { audience: AUDIENCE })
    await send('userListAdd', { EMAIL: 'cleo@example.com' })
    await reaches('cleo@example.com', 'given_up')
    expect((await why('cleo@example.com')).stdout).toContain('is a dead letter (graph_100)')
    await emulator('faults', 'DELETE')
  })

  test('a row that Meta refuses alone is not taken for its neighbour, who was delivered', async () => {
    await fault('poison', { identifier: sha256('jane@example.com') })
    const people = ['jane@example.com', 'kim@example.com'].map((EMAIL) => ({ EMAIL }))
    await send('userListAdd', {}, { properties: { userListAdd: people } })
    await reaches('kim@example.com', 'in')
    await reaches('jane@example.com', 'waiting')
    const { audiences } = await whyJson('jane@example.com')
    expect(audiences[0]).toMatchObject({ added: { request: { outcome: 'http_400', count: 1 } }, isMember: false })
    await emulator('faults', 'DELETE')
  })

  test('who is erased is told so, and that an add does not help; the key comes from the stack, and may be a new one', async () => {
    await cli(['write-key', 'rotate', 'server'], '', { trackUrl: stack.url })
    await cli(['write-key', 'rotate', 'server', '--finish', '--yes'], '', { trackUrl: stack.url })
    // The endpoint reads its keys anew for an unknown one, but at most every ten seconds.
    await vi.waitFor(async () => {
      const erased = await cli(['erase', '--email', 'eve@example.com', '--yes'], '', { trackUrl: stack.url })
      expect([erased.status, erased.stderr]).toEqual([0, ''])
    }, patient)
    await vi.waitFor(async () => {
      const { stdout } = await why('eve@example.com')
      expect(stdout).toContain('Erased, by EMAIL: no row with these is added until you unerase them.')
      // Until the removal is delivered, it says that this waits.
      expect(stdout).toContain('unerase them, and send an add that is newer than the erasure')
    }, patient)
  })

  testInTerminal('in a terminal the person is asked for, and nothing but what was typed is shown of them', async () => {
    const term = await inTerminal(['why'], { env: { TRACK_URL: stack.url } })
    await term.sees(/E-mail address, phone number or id/)
    term.types('ann@example.com\r')
    const { status, text } = await term.ended()
    expect(status).toBe(0)
    const answer = text.slice(text.indexOf('Taken for'))
    expect(answer).toMatch(/out: removed by an event of/)
    expect(answer).not.toContain('ann@')
    expect(answer).not.toContain('1234567')
    for (const line of answer.split(/[\r\n]+/)) expect(line.length, line).toBeLessThanOrEqual(80)
  })
})
