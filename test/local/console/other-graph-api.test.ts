import { expect, onTestFinished, test, vi } from 'vitest'
import { startGraphApi } from '../../../lib/emulator/meta/server.ts'
import { AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { PATIENCE, aConsole } from './a-console.ts'

test('with another Graph API a call is followed by the receipts in the register, and members and faults are nobody’s', async () => {
  const graph = await startGraphApi({ port: 0, audiences: [AUDIENCE], accessTokens: ['local-access-token'] })
  const settings = { sources: [{ name: 'server' }], destinations: [aDestination()] }
  const stack = await startTemporaryStack(settings, { batchWindow: 0, graphApiUrl: graph.url })
  onTestFinished(async () => {
    await stack.close()
    await graph.close()
  })
  const the = aConsole(stack)
  await the.send({ event: 'USER_ADD', properties: { userListAdd: [{ EMAIL: 'ann@example.com' }] } })
  const { steps } = await the.call('USER_ADD', (call) => expect(call.steps[0]?.state).toBe('sent'))
  expect(steps[0]?.request).toMatchObject({ people: 1, status: 200 })
  expect(steps[0]?.request?.fbtraceId).toMatch(/^A/)
  const { settings: picture } = await the.state()
  expect(picture).toMatchObject({ hasEmulator: false, graphUrl: graph.url })
  await vi.waitFor(async () => {
    const { pipeline } = await the.state()
    expect(pipeline).toMatchObject({ graphCalls: { total: 1, failed: 0 }, register: { words: 1, receipts: 1 } })
    expect(pipeline.audiences[0]).toMatchObject({ members: 0, sizes: [], last: { people: 1, outcome: 'delivered' } })
  }, PATIENCE)
  expect(await the.get('/_local/console/faults')).toEqual({ faults: [] })
  const refused = await the.post('/_local/console/faults', { fault: 'hang', times: 1 })
  expect([refused.status, refused.body.error]).toEqual([409, expect.stringContaining('GRAPH_API_URL is set')])
})

test('the emulator alone has a page that says what it is, for browsers of this machine', async () => {
  const graph = await startGraphApi({ port: 0, audiences: [AUDIENCE], accessTokens: ['local-access-token'] })
  onTestFinished(() => graph.close())
  const page = await fetch(graph.url, { headers: { accept: 'text/html' } })
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(await page.text()).toContain('Graph API emulator')
  expect((await fetch(graph.url)).status).toBe(400)
})
