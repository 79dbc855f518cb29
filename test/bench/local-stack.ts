import { setTimeout as sleep } from 'node:timers/promises'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import type { LocalStack } from '../../lib/local/stack.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'

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
  const destinations = [{ name: 'main', userSchema, events: { [EVENT]: AUDIENCE } }]
  const stack = await startTemporaryStack({ sources: [{ name: 'server' }], destinations }, { batchWindow })
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
  }
}
