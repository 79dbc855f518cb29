import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { connect, track } from './big-tracks.ts'
import { people } from './people.ts'
import { SERVER_KEY, serviceOfFile } from './service.ts'

const service = serviceOfFile()

test('1,100 users with fifteen fields in each list pass in one request', async () => {
  const client = connect(service(), { flushAt: 1 })
  const audience = service().audience('all')
  await track(client, audience, { userListAdd: people(0, 1_100) })
  await audience.becomes(people(0, 1_100))
  await track(client, audience, { userListAdd: people(1_100, 1_100), userListDelete: people(0, 1_100) })
  await audience.becomes(people(1_100, 1_100))
  expect(service().proxy.requests.map(({ status }) => status)).toEqual([200, 200])
})

test.each([
  ['11 MB', 11_000_000, 413],
  ['5 MB, which the function would get as more than 6', 5_000_000, 413],
  ['4.5 MB, the limit', 4_500_000, 200],
  ['4.6 MB, which the gateway would pass', 4_600_000, 413],
])('a body of %s is answered with a code and, when it is too large, with the limit', async (_, length, status) => {
  const empty = JSON.stringify({ batch: [], filling: '' })
  const body = JSON.stringify({
    batch: [],
    filling: randomBytes(length / 2)
      .toString('hex')
      .slice(empty.length),
  })
  const authorization = `Basic ${Buffer.from(`${SERVER_KEY}:`).toString('base64')}`
  const answer = await fetch(`${service().proxy.url}/v1/batch`, { method: 'POST', headers: { authorization }, body })
  expect(answer.status).toBe(status)
  const json: unknown = await answer.json()
  if (status === 413)
    expect(json).toEqual({
      success: false,
      code: 'payload_too_large',
      message: expect.stringContaining('at most 4.5 MB of JSON') as string,
    })
})
