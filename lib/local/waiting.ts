import type { StoredMessage } from '../emulator/aws/queue-service.ts'
import { timeAt } from '../emulator/lambda/stack-clock.ts'
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
  const entries = messages.flatMap((message) => {
    const rows = isHandled(message, handedBack) ? undefined : summariseRows(message.body)
    if (!rows) return []
    const until = goesAt(message, rows.thenWait, clock, realNow)
    const { destination, audienceIds, add, remove } = rows
    return audienceIds.map((audience) => ({ audience, destination, users: add + remove, until }))
  })
  const byAudience = Map.groupBy(entries, ({ audience, destination }) => JSON.stringify([audience, destination]))
  return [...byAudience.values()].map((all) =>
    all.reduce((sum, each) => ({ ...sum, users: sum.users + each.users, until: Math.min(sum.until, each.until) })),
  )
}

/** Whether a consumer has a message in its hands. */
export function isHandled({ receiptHandle }: StoredMessage, handedBack: ReadonlySet<string>): boolean {
  return receiptHandle !== undefined && !handedBack.has(receiptHandle)
}

/** When a message goes, on the functions' clock. One that was never received waits `thenWait` seconds more. */
export function goesAt(message: StoredMessage, thenWait: number, clock: StackClock, realNow: number): number {
  const { hiddenUntil = realNow, receives } = message
  return Math.round(timeAt(clock, hiddenUntil) + (receives === 0 ? thenWait * 1000 : 0))
}
