import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { startLocalStack } from '../../lib/local/stack.ts'
import type { LocalStack } from '../../lib/local/stack.ts'

export const EVENT = 'USER_ADD'
const AUDIENCE = '70001'

type MeasuredStack = LocalStack & {
  /** Waits until so many people are in the audience. */
  untilMembers: (count: number) => Promise<void>
}

/** Runs the local stack with one audience of these columns, in real time, while `measure` uses it. */
export async function withLocalStack<T>(
  { userSchema, batchWindow }: { userSchema: readonly SchemaField[]; batchWindow: number },
  measure: (stack: MeasuredStack) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'))
  const destinationsPath = join(directory, 'destinations.json')
  const destinations = [{ name: 'main', userSchema, events: { [EVENT]: AUDIENCE } }]
  await writeFile(destinationsPath, JSON.stringify({ sources: [{ name: 'server' }], destinations }))
  const stack = await startLocalStack({
    port: 0,
    graphPort: 0,
    graphApiUrl: undefined,
    destinationsPath,
    writeKey: 'local-write-key',
    accessToken: 'local-access-token',
    batchWindow,
    timeScale: 1,
    log: () => undefined,
  })
  try {
    const emulator = `${stack.graphUrl}/_emulator`
    await fetch(`${emulator}/settings`, { method: 'PATCH', body: JSON.stringify({ tier: 'full', requestsKept: 0 }) })
    return await measure({
      ...stack,
      async untilMembers(count) {
        for (;;) {
          const { audiences } = (await (await fetch(`${emulator}/audiences`)).json()) as {
            audiences: { count: number }[]
          }
          if ((audiences[0]?.count ?? 0) >= count) return
          await sleep(100)
        }
      },
    })
  } finally {
    await stack.close()
    await rm(directory, { recursive: true, force: true })
  }
}
