import { expect, test } from 'vitest'
import { aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'
import { cli } from '../typed.ts'
import { rowsOf } from './a-healthy-stack.ts'

test('nothing is wrong with a local stack that has just begun, whatever its clock', { timeout: 120_000 }, async () => {
  const sources = [{ name: 'server' }, { name: 'shop', signed: true }]
  const stack = await startTemporaryStack({ sources, destinations: [aDestination()] }, { timeScale: 0.1 })
  try {
    const { status, stdout } = await cli(['doctor'], '', { trackUrl: stack.url })
    expect(rowsOf(stdout).filter(({ outcome }) => outcome !== 'ok')).toEqual([])
    expect(status).toBe(0)
    expect(rowsOf(stdout)).toContainEqual(expect.objectContaining({ check: 'session polling', finding: 'enabled' }))
  } finally {
    await stack.close()
  }
})
