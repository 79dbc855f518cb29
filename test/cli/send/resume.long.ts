import { expect, test } from 'vitest'
import { killAndResume } from './kill-and-resume.ts'

test('50,000 people, sent by a command that is killed again and again, are in the audience, and nobody else', async () => {
  const { kills, wrong } = await killAndResume({ rows: 50_000, kills: 3, random: Math.random })
  expect(kills).toBeGreaterThan(0)
  expect(wrong).toEqual([])
}, 600_000)
