import type { Service } from './service.ts'
import { until } from './until.ts'

/** Waits until nothing is left in the queues but dead letters: nothing visible, delayed or in flight. */
export async function settle({ status }: Service): Promise<void> {
  await until('all queues are empty', async () => {
    const { queues } = await status()
    const working = queues.filter(({ name }) => !name.includes('DeadLetters'))
    return working.every(({ visible, inFlight, delayed }) => visible + inFlight + delayed === 0)
  })
}
