import { letterAdvice, waitAdvice } from './advice.ts'
import { overtaken } from './graph-answers.ts'
import type { Content } from './queue-contents.ts'
import type { Followed, RowIndex, StepChange } from './row-index.ts'

/** People in a queue, and what that means for them. `isHandled`: a consumer has them in its hands. */
export type Placed = Content & {
  state: 'waiting' | 'dead_letter'
  reason: string | undefined
  until?: number
  isHandled: boolean
}

type Seen = {
  placed: readonly Placed[]
  /** No queue that consumers read has a message. */
  isIdle: boolean
  /** The functions' clock, ms since 1970, and its scale. */
  now: number
  timeScale: number
  /** Why adds are left out that nobody sends, if not for a removal. */
  erasedAt: (destination: string, audience: string) => number | undefined
}

/** The clocks of two processes, and with them the time of an event that has none, differ by less. Ms of the machine. */
const CLOCKS_DIFFER_MS = 2_000

/** A call that came so long ago has been handled when all queues are empty. Ms of the machine. */
const SETTLED_AFTER_MS = 3_000

/** Says of every step that is on its way where it is, by what the queues hold. */
export function followQueues(index: RowIndex, { placed, isIdle, now, timeScale, erasedAt }: Seen): void {
  const found = new Map<Followed, Placed>()
  for (const place of placed)
    for (const { identifiers, at } of place.rows)
      for (const { of: followed } of index.find(place.audience, place.direction, identifiers)) {
        const isSame =
          followed.step.destination === place.destination && Math.abs(followed.at - at) * timeScale <= CLOCKS_DIFFER_MS
        if (isSame && isLater(place, found.get(followed))) found.set(followed, place)
      }
  for (const followed of index.followed()) {
    const { step } = followed
    if (step.state !== 'queued' && step.state !== 'waiting' && step.state !== 'dead_letter') continue
    const place = found.get(followed)
    if (place?.isHandled) continue
    if (place) index.change(followed, changeTo(place))
    else if (isIdle && (now - followed.receivedAt) * timeScale > SETTLED_AFTER_MS)
      index.change(followed, settled(followed, erasedAt))
    else index.change(followed, { state: 'queued', reason: undefined, advice: undefined, until: undefined })
  }
}

/** Of a step in several messages the worst is told: a dead letter, or what waits longest. */
function isLater(place: Placed, other: Placed | undefined): boolean {
  if (other?.state !== place.state) return !other || place.state === 'dead_letter'
  return (place.until ?? 0) > (other.until ?? 0)
}

function changeTo({ state, reason, until, destination }: Placed): StepChange {
  return {
    state,
    reason,
    advice: state === 'dead_letter' ? letterAdvice(reason ?? '') : waitAdvice(reason, destination),
    until,
  }
}

/** People who are in no queue, and whom no request has carried: a newer word about them was known already. */
function settled({ step, receivedAt }: Followed, erasedAt: Seen['erasedAt']): StepChange {
  const erased = erasedAt(step.destination, step.audience) ?? -Infinity
  if (step.direction === 'add' && erased >= receivedAt) return { ...overtaken('add'), reason: 'erased' }
  return overtaken(step.direction)
}
