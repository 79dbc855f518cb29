import { expect, test } from 'vitest'
import { anIngestEndpoint } from '../endpoint.ts'
import { cli } from '../typed.ts'

test('why says whether a person is erased, and by which identifier', async () => {
  const { url } = await anIngestEndpoint()
  const why = (...args: string[]) => cli(['why', ...args, '--url', url], '', { writeKey: 'key' })
  const ann = ['--email', 'ann@example.com', '--phone', '+49 30 1234567']
  const before = await why(...ann)
  expect([before.status, before.stdout.trim()]).toEqual([0, 'user 0: not erased'])
  await cli(['erase', '--email', 'ann@example.com', '--yes', '--url', url], '', { writeKey: 'key' })
  const { status, stdout } = await why(...ann)
  expect([status, stdout.trim()]).toEqual([
    0,
    'user 0: erased, by EMAIL: no row with these is added until you unerase them',
  ])
  const json = await why(...ann, '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ users: [{ index: 0, erased: true, by: ['EMAIL'] }] })
})

test('why ends with 1 when somebody has no identifier that can be used, and with 2 without anybody', async () => {
  const { url } = await anIngestEndpoint()
  const given = [{ FN: 'Ann', EMIAL: 'a@example.com', PHONE: 'none' }]
  const unusable = await cli(['why', '-', '--url', url], given, { writeKey: 'key' })
  expect(unusable).toMatchObject({ status: 1 })
  expect(unusable.stdout).toContain('no identifier')
  expect(unusable.stdout).toContain('"EMIAL" was not used. Did you mean EMAIL?')
  expect(unusable.stdout).toContain('PHONE of 1 user: unusable_value. This value is none of its field')
  expect((await cli(['why', '--url', url], '', { writeKey: 'key' })).status).toBe(2)
})
