import { expect, test } from 'vitest'
import { createSecret } from '../../lib/aws/secret.ts'

/** A secret that changes at each read, or fails while `down`. */
function aSecret() {
  const world = { now: 1_000_000, reads: 0, down: false, ids: [] as unknown[] }
  const client = {
    send: (command: { input: { SecretId: string } }) => {
      world.ids.push(command.input.SecretId)
      world.reads += 1
      return world.down ? Promise.reject(new Error('down')) : Promise.resolve({ SecretString: `value-${world.reads}` })
    },
  }
  const secret = createSecret({
    client: client as never,
    secretId: 'arn:1',
    lifetimeMs: 60_000,
    clock: () => world.now,
  })
  return { world, ...secret }
}

test('is read when it is first asked for, once for all who ask at the same time', async () => {
  const { world, get, refresh } = aSecret()
  expect(world.reads).toBe(0)
  expect(await Promise.all([get(), get(), refresh()])).toEqual(['value-1', 'value-1', 'value-1'])
  expect(world.ids).toEqual(['arn:1'])
})

test('is kept for its lifetime, and not a moment longer', async () => {
  const { world, get } = aSecret()
  await get()
  world.now += 59_999
  expect(await get()).toBe('value-1')
  world.now += 1
  expect(await get()).toBe('value-2')
})

test('is read again for a value that was refused, unless that was read in the last ten seconds', async () => {
  const { world, get, refresh } = aSecret()
  await get()
  world.now += 9_999
  expect(await refresh()).toBe('value-1')
  world.now += 1
  expect(await Promise.all([refresh(), refresh()])).toEqual(['value-2', 'value-2'])
  expect(await get()).toBe('value-2')
})

test('goes on with the value that was read last while it cannot be read, and tries again after ten seconds', async () => {
  const { world, get, refresh } = aSecret()
  await get()
  world.down = true
  world.now += 60_000
  expect([await get(), await get(), await refresh()]).toEqual(['value-1', 'value-1', 'value-1'])
  expect(world.reads).toBe(2)
  world.down = false
  world.now += 9_999
  expect(await get()).toBe('value-1')
  world.now += 1
  expect(await get()).toBe('value-3')
})

test('rejects while it was never readable, and is asked for again after ten seconds', async () => {
  const { world, get } = aSecret()
  world.down = true
  for (let time = 0; time < 20; time += 1) await expect(get()).rejects.toThrow('down')
  expect(world.reads).toBe(1)
  world.down = false
  world.now += 10_000
  expect(await get()).toBe('value-2')
})
