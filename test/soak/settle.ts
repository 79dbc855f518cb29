import { ageWords } from './register-time.ts'
import type { Service } from './service.ts'
import { until } from './until.ts'

/** Waits until nothing is left in the queues but dead letters: nothing visible, delayed or in flight. */
export async function settle({ status, awsUrl }: Service): Promise<void> {
  await until('all queues are empty', async () => {
    const now = Date.now()
    const { queues } = await status()
    const working = queues.filter(({ name }) => !name.includes('DeadLetters'))
    if (working.every(({ visible, inFlight, delayed }) => visible + inFlight + delayed === 0)) return true
    if (working.every(({ inFlight }) => inFlight === 0)) await ageWords(awsUrl, now)
    return false
  })
}
