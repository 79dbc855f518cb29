import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than anything takes that ends at all. */
const BOUND_MS = 1_800_000

/** Waits for a condition; throws only when it does not come true within a bound that nothing healthy comes near. */
export async function until(condition: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + BOUND_MS
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`Waited for half an hour, and still not true: ${condition}`)
    await sleep(100)
  }
}
