import type { Receipt } from '../../graph-api/receipt.ts'
import { REQUEST_TIMEOUT_MS } from '../../graph-api/send-part.ts'

/** The requests that a word may have gone in. */
export type Carried = {
  /** The first request that was delivered; else the last one of those that failed. */
  request?: Receipt
  /** The request with most rows of those that failed, may have been theirs, and were not repeated as a whole. */
  failed?: Receipt
}

/** A turn writes its words down first. Its last request begins 30 s after its own begin at the latest. */
export const LONGEST_SENDING_MS = 30_000 + REQUEST_TIMEOUT_MS

/**
 * Which requests carried a word, of those after its writing, oldest first. A turn may send several, and a request that
 * Meta refuses for one row goes again in parts: so a failure beside a delivery may be theirs. `isOpen` says that their
 * message still waits: what was delivered then is not theirs.
 */
export function carriedIn(requests: readonly Receipt[], writtenAt: number, isOpen: boolean): Carried {
  const failures = requests.filter(({ outcome }) => outcome !== 'delivered')
  const first = isOpen ? -1 : requests.findIndex(({ outcome }) => outcome === 'delivered')
  if (first < 0) {
    const request = failures.at(-1)
    return request ? { request } : {}
  }
  const mayBeTheirs = requests.flatMap((failure, place) => {
    if (failure.outcome === 'delivered' || (place > first && failure.at > writtenAt + LONGEST_SENDING_MS)) return []
    const again = requests.slice(place).find(({ outcome }) => outcome === 'delivered')
    return again && again.count >= failure.count ? [] : [failure]
  })
  const request = requests[first]
  const [failed] = mayBeTheirs.toSorted((one, other) => other.count - one.count)
  return { ...(request && { request }), ...(failed && { failed }) }
}
