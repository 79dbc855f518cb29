import type { StoredMessage } from '../emulator/aws/queue-service.ts'
import { timeOn } from '../emulator/lambda/stack-clock.ts'
import type { StackClock } from '../emulator/lambda/stack-clock.ts'
import { summariseRows } from '../retry/summary.ts'

/** What waits for an audience. */
export type Waiting = {
  audience: string
  destination: string
  users: number
  /** When the first of it goes, on the functions' clock, ms since 1970. */
  until: number
}

/** What the messages of the retry queue wait for, by audience. Those in `handedBack` are hidden, the others in flight are being handled. */
export function describeWaiting(
  messages: readonly StoredMessage[],
  handedBack: ReadonlySet<string>,
  clock: StackClock,
  realNow: number,
): Waiting[] {
  const now = timeOn(clock)
  const entries = messages.flatMap((message) => {
    const isHandled = message.receiptHandle !== undefined && !handedBack.has(message.receiptHandle)
    const rows = isHandled ? undefined : summariseRows(message.body)
    if (!rows) return []
    const { hiddenUntil = realNow, receives } = message
    const until = now + (hiddenUntil - realNow) / clock.timeScale + (receives === 0 ? rows.thenWait * 1000 : 0)
    const { destination, audienceIds, add, remove } = rows
    return audienceIds.map((audience) => ({ audience, destination, users: add + remove, until: Math.round(until) }))
  })
  const byAudience = Map.groupBy(entries, ({ audience, destination }) => JSON.stringify([audience, destination]))
  return [...byAudience.values()].map((all) =>
    all.reduce((sum, each) => ({ ...sum, users: sum.users + each.users, until: Math.min(sum.until, each.until) })),
  )
}
