import { expect, test } from 'vitest'
import { anIngest } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

const destination = aDestination({ userSchema: ['EMAIL', 'PHONE', 'EXTERN_ID'] })
const anEraser = (mayErase = true) =>
  anIngest({ settings: settingsOf({ sources: [{ name: 'server', mayErase }], destinations: [destination] }) })
const post = (path: string, users: unknown) => ({ path, body: JSON.stringify({ users }) })

test('/v1/erased says who is erased, and by which identifiers', async () => {
  const ingest = anEraser()
  await ingest.send(post('/v1/erase', [{ EMAIL: 'ann@example.com', EXTERN_ID: '17' }]))
  const asked = [
    { EMAIL: 'ANN@example.com', PHONE: '+49 30 1234567' },
    { EXTERN_ID: '17', EMAIL: 'ann@example.com' },
    { EXTERN_ID: '18' },
    { FN: 'Ann' },
  ]
  const { status, body } = await ingest.send(post('/v1/erased', asked))
  expect([status, body.users]).toEqual([
    200,
    [
      { index: 0, erased: true, by: ['EMAIL'] },
      { index: 1, erased: true, by: ['EMAIL', 'EXTERN_ID'] },
      { index: 2, erased: false },
      { index: 3, erased: false, code: 'no_identifier' },
    ],
  ])
  await ingest.send(post('/v1/unerase', [{ EMAIL: 'ann@example.com' }]))
  const again = await ingest.send(post('/v1/erased', asked))
  expect(again.body.users).toMatchObject([{ erased: false }, { erased: true, by: ['EXTERN_ID'] }, {}, {}])
})

test('/v1/erased says which values it could not use, and what a misspelt key was probably meant as', async () => {
  const { body } = await anEraser().send(
    post('/v1/erased', [{ EMAIL: 'ann at home', PHNOE: '030' }, { EXTERN_ID: '17' }]),
  )
  expect(body.users).toMatchObject([
    {
      code: 'no_identifier',
      warnings: [
        { code: 'unusable_value', field: 'EMAIL' },
        { code: 'field_unknown', field: 'PHNOE', suggestion: 'PHONE' },
      ],
    },
    { index: 1, erased: false },
  ])
})

test.each<[string, boolean, unknown, number, string]>([
  ['a source that may not', false, [{ EMAIL: 'ann@example.com' }], 403, 'may_not_erase'],
  ['nobody', true, [], 400, 'users_missing'],
  ['more than 100 users', true, Array(101).fill({ EMAIL: 'ann@example.com' }), 400, 'too_many_asked'],
])('/v1/erased refuses %s', async (_, mayErase, users, status, code) => {
  const answer = await anEraser(mayErase).send(post('/v1/erased', users))
  expect([answer.status, answer.body.code]).toEqual([status, code])
})

test('/v1/erased answers 503 while the list cannot be read', async () => {
  const ingest = anEraser()
  ingest.erasures.table.read = () => {
    throw new Error('out of reach')
  }
  expect((await ingest.send(post('/v1/erased', [{ EMAIL: 'ann@example.com' }]))).status).toBe(503)
})
