import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { LocalStack } from '../../../lib/local/stack.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { PATIENCE, aConsole } from './a-console.ts'

const TRIAL = '23848672402580999'

let stack: LocalStack
let the: ReturnType<typeof aConsole>
beforeAll(async () => {
  const settings = {
    sources: [{ name: 'server', mayErase: true }],
    destinations: [
      aDestination({ events: { USER_ADD: AUDIENCE, Slow: OTHER_AUDIENCE, Two: OTHER_AUDIENCE } }),
      aDestination({ name: 'trial', dryRun: true, events: { USER_ADD: TRIAL } }),
    ],
  }
  stack = await startTemporaryStack(settings, { batchWindow: 0 })
  the = aConsole(stack)
}, 120_000)
afterAll(() => stack.close())

let people = 0
const person = () => ({ EMAIL: `person-${String((people += 1))}@example.com`, FN: 'Pat' })
const adding = (...userListAdd: unknown[]) => ({ properties: { userListAdd } })

test('a call is followed from its answer to the request that carried it, and a trial run is named as one', async () => {
  const before = stack.now()
  expect(await the.send({ event: 'USER_ADD', messageId: 'sent', ...adding(person(), person()) })).toBe(200)
  const call = await the.call('USER_ADD', ({ steps }) => expect(steps[0]?.state).toBe('sent'))
  expect(call).toMatchObject({
    ...{ source: 'server', type: 'track', messageId: 'sent', verdict: 'accepted', status: 200 },
    ...{ users: { add: 2, remove: 0 }, leftOut: [], leftOutCount: 0 },
  })
  const step = { direction: 'add', people: 2 }
  expect(call.steps).toEqual([
    {
      ...{ ...step, destination: 'main', audience: AUDIENCE, state: 'sent' },
      request: {
        ...{ at: expect.any(Number) as number, people: 2, status: 200 },
        fbtraceId: expect.stringMatching(/^A/) as string,
      },
    },
    { ...step, destination: 'trial', audience: TRIAL, state: 'trial_run' },
  ])
  expect(call.receivedAt).toBeGreaterThanOrEqual(before)
  expect(call.steps[0]?.request?.at).toBeGreaterThanOrEqual(call.receivedAt)
})

test('a function that has nothing to do is not running, though its process is there', async () => {
  await the.settled()
  await vi.waitFor(async () => {
    const { functions } = (await the.state()).pipeline
    expect(functions.map(({ running }) => running)).toEqual(functions.map(() => 0))
  }, PATIENCE)
})

test('what waits says why and until when, and goes when it is let go', async () => {
  await the.fault({ fault: 'rate-limit-80003', audience: OTHER_AUDIENCE, times: 1, regainMinutes: 60 })
  await the.send({ event: 'Slow', ...adding(person()) })
  const { steps } = await the.call('Slow', ({ steps }) => expect(steps[0]?.state).toBe('waiting'))
  expect(steps[0]).toMatchObject({ reason: 'graph_80003_2446079', request: { status: 400, people: 1 } })
  expect(steps[0]?.advice).toMatch(/^Meta limits .*; they go on by themselves\. Send fewer, fuller requests\.$/)
  const minutes = ((steps[0]?.until ?? 0) - stack.now()) / 60_000
  expect(minutes).toBeGreaterThan(50)
  expect(minutes).toBeLessThan(90)
  const { pipeline } = await the.state()
  const audience = pipeline.audiences.find(({ id }) => id === OTHER_AUDIENCE)
  expect(audience).toMatchObject({
    waits: { reason: 'graph_80003_2446079', people: 1 },
    last: { people: 1, outcome: 'graph_80003_2446079' },
  })
  expect(pipeline.queues.find(({ role }) => role === 'retry')).toMatchObject({ delayed: 1 })
  expect((await the.post('/_local/retry')).body).toMatchObject({ released: 1 })
  const { steps: after } = await the.call('Slow', (call) => expect(call.steps[0]?.state).toBe('sent'))
  expect(after[0]).not.toHaveProperty('until')
  expect(after[0]).not.toHaveProperty('reason')
})

test('a dead letter says why, is listed with what to do, and is sent when it is redriven', async () => {
  await the.fault({ fault: 'data-source-conflict', audience: OTHER_AUDIENCE, times: 1 })
  await the.send({ event: 'Two', ...adding(person()) })
  const dead = await the.call('Two', ({ steps }) => expect(steps[0]?.state).toBe('dead_letter'))
  expect(dead.steps[0]).toMatchObject({ reason: 'graph_2650' })
  const [letter, ...others] = (await the.state()).pipeline.deadLetters
  expect(others).toEqual([])
  expect(letter).toMatchObject({ reason: 'graph_2650', destination: 'main', people: 1 })
  expect(letter?.advice).toMatch(/^Meta refused it\. [A-Z].*[^.]\.$/)
  expect(dead.steps[0]?.advice).toBe(letter?.advice)
  const another = await the.post('/_local/console/redrive', { messageId: 'another' })
  expect([another.status, another.body.error]).toEqual([404, expect.stringContaining('no dead letter')])
  const { messageId } = letter ?? {}
  expect((await the.post('/_local/console/redrive', { messageId })).body).toEqual({ redriven: 1 })
  await the.call('Two', ({ steps }) => expect(steps[0]?.state).toBe('sent'))
  // A call is told of at once, the pipeline a quarter of a second later.
  await vi.waitFor(async () => expect((await the.state()).pipeline.deadLetters).toEqual([]), PATIENCE)
})

test('a call that cannot be used says why, one that nobody maps which name was meant, and a refused request its code', async () => {
  await the.send([
    { event: 'USER_ADD', messageId: 'no lists', properties: { users: [] } },
    { event: 'USER_AD', messageId: 'misspelt', ...adding(person()) },
    { event: 'USER_ADD', messageId: 'good', ...adding(person()) },
  ])
  const [good, misspelt, noLists] = (await the.state()).calls
  expect(noLists).toMatchObject({
    messageId: 'no lists',
    verdict: 'rejected',
    code: 'lists_missing',
    status: 200,
    steps: [],
  })
  expect(misspelt).toMatchObject({ name: 'USER_AD', verdict: 'ignored', code: 'event_unmapped' })
  expect(misspelt?.message).toContain('Did you mean "USER_ADD"?')
  expect(good).toMatchObject({ messageId: 'good', verdict: 'accepted' })
  const refusedBefore = (await the.state()).pipeline.requests.refused
  expect(await the.send({ event: 'USER_ADD', ...adding(person()) }, 'wrong')).toBe(401)
  const { calls } = await the.state()
  expect(calls[0]).toMatchObject({ verdict: 'refused', status: 401, code: 'unauthorized', steps: [] })
  expect(calls[0]?.message).toContain('invalid write key')
  await vi.waitFor(async () => expect((await the.state()).pipeline.requests.refused).toBe(refusedBefore + 1), PATIENCE)
})

test('users and values that are left out are told with place, field and reason', async () => {
  const users = [
    person(),
    { FN: 'Ann' },
    'nobody',
    { EMAIL: 'no address', FN: 'Ann' },
    { ...person(), EMAIL_SHA256: 1 },
  ]
  await the.send({ event: 'Slow', messageId: 'left out', ...adding(...users) })
  const call = await the.call('Slow', ({ messageId }) => expect(messageId).toBe('left out'))
  expect(call.leftOut.map(({ message: _, ...about }) => about)).toEqual([
    { list: 'add', index: 1, reason: 'cannot_match' },
    { list: 'add', index: 2, reason: 'not_an_object' },
    { list: 'add', index: 3, field: 'EMAIL', reason: 'unusable_value' },
    { list: 'add', index: 3, reason: 'cannot_match' },
  ])
  expect(call).toMatchObject({ leftOutCount: 4, users: { add: 5, remove: 0 } })
  expect(call.steps).toMatchObject([{ people: 2 }])
  await the.send({ event: 'Slow', messageId: 'nobody is left', ...adding({ FN: 'Ann' }) })
  const none = await the.call('Slow', ({ messageId }) => expect(messageId).toBe('nobody is left'))
  expect(none.steps).toMatchObject([{ people: 0, state: 'left_out', reason: 'cannot_match' }])
})

test('an erasure is followed to the audiences that it removes people from, by its path or as a call', async () => {
  const [ann, bob] = [person(), person()]
  await the.send({ event: 'USER_ADD', ...adding(ann, bob) })
  await the.settled()
  const post = (path: string, body: object) =>
    fetch(`${the.url}${path}`, {
      ...{ method: 'POST', headers: { authorization: `Basic ${btoa('local-write-key:')}` } },
      body: JSON.stringify(body),
    })
  expect((await post('/v1/erase', { users: [ann] })).status).toBe(200)
  expect(await the.send({ type: 'delete', traits: { email: bob.EMAIL } })).toBe(200)
  const isRemoved = (type: string) =>
    vi.waitFor(async () => {
      const call = (await the.state()).calls.find((each) => each.type === type)
      expect(call).toMatchObject({ verdict: 'accepted', users: { add: 0, remove: 1 } })
      const [main, other, trial] = call?.steps ?? []
      for (const [step, audience] of [
        [main, AUDIENCE],
        [other, OTHER_AUDIENCE],
      ] as const)
        expect(step).toMatchObject({
          audience,
          direction: 'remove',
          people: 1,
          state: 'sent',
          request: { status: 200 },
        })
      expect(trial).toMatchObject({ destination: 'trial', state: 'left_out', reason: 'dry_run' })
      return call
    }, PATIENCE)
  expect((await isRemoved('erase'))?.message).toContain('no call adds them again')
  await isRemoved('delete')
  expect((await post('/v1/unerase', { users: [ann] })).status).toBe(200)
  const { calls } = await the.state()
  expect(calls[0]).toMatchObject({ type: 'unerase', steps: [] })
  expect(calls[0]?.message).toContain('Nobody is added')
})

test('what is doubtful about an accepted call is told, without the keys that its sender made up', async () => {
  const user = { ...person(), GEN: 'f', E_MAIL: 'x' }
  await the.send({ event: 'Slow', properties: { userListAdd: [user], userListAd: [person()] } })
  const { warnings = [], verdict } = await the.call('Slow', (call) => expect(call.warnings).toBeDefined())
  expect(verdict).toBe('accepted')
  const told = warnings.map(({ code, field, suggestion, count }) => ({ code, field, suggestion, count }))
  expect(told).toContainEqual({ code: 'field_not_in_schema', field: 'GEN', suggestion: undefined, count: 1 })
  expect(told).toContainEqual(expect.objectContaining({ code: 'field_unknown', suggestion: 'EMAIL' }))
  expect(warnings.every(({ message }) => message.length > 20)).toBe(true)
})

test('who is removed by a newer call is not shown as on the way for ever', async () => {
  const ann = person()
  const at = (hour: number) => `2026-11-01T0${hour}:00:00.000Z`
  await the.send({ event: 'USER_ADD', messageId: 'out', timestamp: at(2), properties: { userListDelete: [ann] } })
  await the.call('USER_ADD', ({ messageId, steps }) => {
    expect(messageId).toBe('out')
    expect(steps[0]?.state).toBe('sent')
  })
  await the.send({ event: 'USER_ADD', messageId: 'late', timestamp: at(1), ...adding(ann) })
  await the.call('USER_ADD', ({ messageId, steps }) => {
    expect(messageId).toBe('late')
    expect(steps[0]).toMatchObject({ state: 'left_out', reason: 'removed_as_well' })
  })
})

test('a key that an erasure does not take is not shown where it may be an address', async () => {
  const headers = { 'x-write-key': 'local-write-key' }
  for (const [query, more] of [
    ['?canary@example.com=1', {}],
    ['', { 'a"canary@example.com': 1 }],
  ] as const) {
    const body = JSON.stringify({ users: [person()], ...more })
    const answer = await fetch(`${stack.url}/v1/erase${query}`, { method: 'POST', headers, body })
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('canary@example.com')])
  }
  const { calls } = await the.state()
  expect(calls.slice(0, 2).map(({ code }) => code)).toEqual(['body_key_unknown', 'query_key_unknown'])
  expect(calls[1]?.message).toMatch(/^"\(not shown: it has an e-mail address\)" is no such key; /)
  expect(JSON.stringify(calls)).not.toContain('canary')
})
