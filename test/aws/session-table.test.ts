import { expect, onTestFinished, test } from 'vitest'
import { REGISTER_KEY } from '../../lib/aws/register-items.ts'
import { createUploadSessionTable } from '../../lib/aws/session-table.ts'
import { NOON } from '../graph-api/builders.ts'
import { fakeTable } from './dynamodb-limits.ts'
import { startLocalTable } from './local-table.ts'

test('a session comes back as it was written last, by its own key, from the table of the register', async () => {
  const { client, close } = await startLocalTable()
  onTestFinished(close)
  const sessions = createUploadSessionTable(client, 'register')

  await sessions.write('1#add#5', { startedAt: 1_000 })
  await sessions.write('1#add#6', { startedAt: 2_000 })
  expect(await sessions.read('1#add#5')).toEqual({ startedAt: 1_000 })
  await sessions.write('1#add#5', { startedAt: 1_000, endedBy: 'a-message' })
  expect(await sessions.read('1#add#5')).toEqual({ startedAt: 1_000, endedBy: 'a-message' })
  expect(await sessions.read('1#remove#5')).toBe(undefined)
})

test('a session is read consistently, or an end that was written a moment ago would be missed', async () => {
  const sessions = createUploadSessionTable(fakeTable('register', REGISTER_KEY).client, 'register')
  await sessions.write('1#add#5', { startedAt: NOON })
  await sessions.write('1#add#5', { startedAt: NOON, endedBy: 'a-message' })
  expect(await sessions.read('1#add#5')).toEqual({ startedAt: NOON, endedBy: 'a-message' })
})

test('sessions expire five days after they began', async () => {
  const fake = fakeTable('register', REGISTER_KEY)
  await createUploadSessionTable(fake.client, 'register').write('1#add#5', { startedAt: NOON })
  expect(fake.items()).toMatchObject([{ expiresAt: { N: String(NOON / 1000 + 5 * 24 * 3600) } }])
})
