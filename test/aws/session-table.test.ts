import { expect, onTestFinished, test } from 'vitest'
import { createUploadSessionTable } from '../../lib/aws/session-table.ts'
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
