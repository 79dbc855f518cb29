import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { timeOrderedId } from '../../functions/ingest/time-ordered-id.ts'
import type { ErasureRecord } from '../../lib/erasure/record.ts'
import { anIngest, basic } from '../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

const destination = aDestination({ userSchema: ['EMAIL'], events: { BOUGHT: [AUDIENCE, OTHER_AUDIENCE] } })
const anEraser = () =>
  anIngest({ settings: settingsOf({ sources: [{ name: 'server', mayErase: true }], destinations: [destination] }) })
const list = (ingest: ReturnType<typeof anIngest>, query: Record<string, string> = {}) =>
  ingest.send({ method: 'GET', path: '/v1/erasures', query })
const erase = (ingest: ReturnType<typeof anIngest>, EMAIL: string, path = '/v1/erase') =>
  ingest.send({ path, body: { users: [{ EMAIL }] } })

const idsIn = ({ body }: Awaited<ReturnType<typeof list>>) => (body.erasures as { id: string }[]).map(({ id }) => id)

/** So many recorded erasures, the oldest first. */
function recorded(ingest: ReturnType<typeof anIngest>, count: number, more: Partial<ErasureRecord> = {}): string[] {
  const records = Array.from({ length: count }, (_, index): ErasureRecord => {
    const at = ingest.world.now + index
    return {
      id: timeOrderedId(at, randomUUID()),
      at,
      kind: 'erase',
      source: 'server',
      users: 1,
      removals: [],
      notSent: [],
      ...more,
    }
  })
  ingest.erasures.records.push(...records)
  return records.map(({ id }) => id)
}

describe('GET /v1/erasures', () => {
  test('lists what was asked for and what became of it, the newest first, without a word about anybody', async () => {
    const ingest = anEraser()
    await erase(ingest, 'ann@example.com')
    await erase(ingest, 'bob@example.com')
    await erase(ingest, 'bob@example.com', '/v1/unerase')
    const noted = { destination: 'main', done: [0] }
    await ingest.erasures.note({ ...noted, id: 'new-1', audienceId: AUDIENCE })
    await ingest.erasures.note({ ...noted, id: 'new-1', audienceId: OTHER_AUDIENCE })
    await ingest.erasures.note({ ...noted, id: 'new-2', audienceId: AUDIENCE })

    const { status, text, body } = await list(ingest)
    expect(status).toBe(200)
    const about = { at: '2026-11-23T12:00:00.000Z', source: 'server', users: 1, notSent: [] }
    const removal = (audienceId: string, done: number) => ({
      destination: 'main',
      audienceId,
      users: 1,
      done,
      takenBack: 0,
    })
    expect(body).toEqual({
      success: true,
      more: false,
      erasures: [
        { id: 'new-3', ...about, kind: 'unerase', state: 'done', removals: [] },
        {
          ...{ id: 'new-2', ...about, kind: 'erase', state: 'open' },
          removals: [removal(AUDIENCE, 1), removal(OTHER_AUDIENCE, 0)],
        },
        {
          ...{ id: 'new-1', ...about, kind: 'erase', state: 'done' },
          removals: [removal(AUDIENCE, 1), removal(OTHER_AUDIENCE, 1)],
        },
      ],
    })
    expect(text).not.toContain('example')
  })

  test('lists nothing while nobody was erased', async () => {
    const { status, body } = await list(anEraser())
    expect([status, body]).toEqual([200, { success: true, erasures: [], more: false }])
  })

  test('shows a hundred at a time, and with the last id those from before it, until there are none', async () => {
    const ingest = anEraser()
    const newestFirst = recorded(ingest, 250).toReversed()
    const shown: string[] = []
    for (const [size, more] of [
      [100, true],
      [100, true],
      [50, false],
      [0, false],
    ]) {
      const before = shown.at(-1)
      const answer = await list(ingest, before === undefined ? {} : { before })
      expect([idsIn(answer).length, answer.body.more]).toEqual([size, more])
      shown.push(...idsIn(answer))
    }
    expect(shown).toEqual(newestFirst)
  })

  test('says that there are no more when there are a hundred', async () => {
    const ingest = anEraser()
    const [oldest = ''] = recorded(ingest, 101)
    expect(await list(ingest)).toMatchObject({ body: { more: true } })
    ingest.erasures.records.shift()
    expect(await list(ingest)).toMatchObject({ body: { more: false } })
    expect(idsIn(await list(ingest))).not.toContain(oldest)
  })

  test('shows fewer erasures of very many people at a time, because reading of each takes time, and one at least', async () => {
    const ingest = anEraser()
    const audienceIds = Array.from({ length: 70 }, (_, index) => `${AUDIENCE}${index}`)
    const removals = (count: number) => [
      { destination: 'main', audienceIds: audienceIds.slice(0, count), users: 10_000 },
      { destination: 'crm', audienceIds: audienceIds.slice(0, count), users: 10_000 },
    ]
    // 700,000 each, and 1,400,000.
    recorded(ingest, 5, { removals: removals(35) })
    expect((await list(ingest)).body).toMatchObject({ erasures: [{}, {}], more: true })
    const large = anEraser()
    recorded(large, 2, { removals: [...removals(70), ...removals(70)] })
    expect((await list(large)).body).toMatchObject({ erasures: [{}], more: true })
  })

  test.each(['no-such-id', '', 'zzz', 'a b', 'x'.repeat(5_000)])(
    'answers 400 to an id of no erasure, %j, which would show a page that nobody asked for',
    async (before) => {
      const ingest = anEraser()
      recorded(ingest, 3)
      const { status, body } = await list(ingest, { before })
      expect([status, body.code]).toEqual([400, 'before_unknown'])
      expect(body.message).toContain('the last erasure that was listed')
    },
  )

  test('answers 403 may_not_erase to a source that may not erase', async () => {
    const ingest = anIngest({ settings: settingsOf({ destinations: [destination] }) })
    recorded(ingest, 1)
    const { status, body } = await list(ingest)
    expect([status, body.code, body.erasures]).toEqual([403, 'may_not_erase', undefined])
  })

  test.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['a wrong key', { Authorization: basic('wrong') }],
  ])('answers 401 to %s', async (_, headers) => {
    const ingest = anEraser()
    recorded(ingest, 1)
    const { status, body } = await ingest.send({ method: 'GET', path: '/v1/erasures', headers })
    expect([status, body.code, body.erasures]).toEqual([401, 'unauthorized', undefined])
  })

  test.each(['newest', 'letGo'] as const)(
    'answers 503 and logs the reason when the table cannot be reached (%s)',
    async (read) => {
      const ingest = anEraser()
      recorded(ingest, 1)
      const fail = () => Promise.reject(Object.assign(new Error('no answer'), { name: 'TimeoutError' }))
      Object.assign(ingest.erasures, { [read]: fail })
      const { status, headers, body } = await list(ingest)
      expect([status, headers['Retry-After'], body.code]).toEqual([503, '5', 'unavailable'])
      expect(body.message).toContain('the list of erasures cannot be read')
      expect(ingest.logs).toContainEqual(['error', 'request_failed', { source: 'server', reason: 'TimeoutError' }])
    },
  )

  test('tells who sends a POST to use GET', async () => {
    const { status, body } = await anEraser().send({ path: '/v1/erasures', body: {} })
    expect([status, body.code]).toEqual([404, 'not_found'])
    expect(body.message).toContain('use GET')
  })
})

test('ids of erasures are UUIDs of version 7, and sort by their time', () => {
  // The time and the result are the example of RFC 9562, appendix A.6; the rest of it is random.
  const id = timeOrderedId(0x017f22e279b0, 'ffffffff-ffff-4cc3-98c4-dc0c0c07398f')
  expect(id).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  const times = [0, 1, 255, 256, Date.parse('2026-11-27T10:00:00Z'), Date.parse('2100-01-01T00:00:00Z')]
  const ids = times.map((now) => timeOrderedId(now, randomUUID()))
  expect(ids.toSorted()).toEqual(ids)
})
