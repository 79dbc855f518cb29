/** When an event happened, in ms since 1970, and which of its times says so. */
export type EventTime = {
  at: number
  /**
   * `corrected`: from the time between the event and its sending. `received`: the event has no time that can be read.
   */
  from: 'originalTimestamp' | 'timestamp' | 'receivedAt' | 'corrected' | 'received'
}

/** Whether a source's clock is right (servers, webhooks), or may be hours wrong (browsers). */
export type SourceClock = 'trusted' | 'corrected'

type Times = Readonly<Record<string, unknown>>

/**
 * Limits of what is believed: no clock is further ahead, no event waits longer at its sender, and none is from before
 * 2000.
 */
const LARGEST_LEAD_MS = 24 * 3_600_000
const LONGEST_DELAY_MS = 366 * 24 * 3_600_000
export const OLDEST = Date.UTC(2000, 0)

/**
 * When an event happened. Half of all SDKs repeat a failed request with the `sentAt` of the first attempt, and CDPs
 * deliver hours late with the SDK's `sentAt`. So a trusted clock's own time counts, and only a browser's is corrected
 * by `sentAt`. Never later than the receipt.
 */
export function eventTime(event: Times, envelope: Times, clock: SourceClock, receivedAt: number): EventTime {
  return clock === 'trusted' ? trusted(event, envelope, receivedAt) : corrected(event, envelope, receivedAt)
}

function trusted(event: Times, envelope: Times, now: number): EventTime {
  const read = (value: unknown) => {
    const time = timeOf(value)
    return time !== undefined && time >= OLDEST && time <= now + LARGEST_LEAD_MS ? time : undefined
  }
  // A CDP says when it received the event, and it has corrected `timestamp`.
  const byCdp = read(event.receivedAt)
  const receivedAt = Math.min(now, byCdp ?? now)
  const original = read(event.originalTimestamp)
  const timestamp = read(event.timestamp)
  if (byCdp !== undefined && timestamp !== undefined) return { at: Math.min(timestamp, receivedAt), from: 'timestamp' }
  const happened = original ?? timestamp
  if (happened !== undefined) {
    const lead = Math.max(0, (read(event.sentAt) ?? read(envelope.sentAt) ?? receivedAt) - receivedAt)
    const from = original === undefined ? 'timestamp' : 'originalTimestamp'
    return { at: Math.min(happened - lead, receivedAt), from }
  }
  return byCdp === undefined ? { at: now, from: 'received' } : { at: receivedAt, from: 'receivedAt' }
}

// The clock may be wrong: only the time between two of its readings counts.
function corrected(event: Times, envelope: Times, now: number): EventTime {
  const happened = timeOf(event.originalTimestamp) ?? timeOf(event.timestamp)
  const sent = timeOf(event.sentAt) ?? timeOf(envelope.sentAt)
  if (happened === undefined || sent === undefined || Math.abs(sent - happened) > LONGEST_DELAY_MS)
    return { at: now, from: 'received' }
  return { at: now - Math.max(0, sent - happened), from: 'corrected' }
}

const ISO_8601 = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?(?:Z|[+-]\d\d:?\d\d)?)?$/i

// SDKs send ISO 8601 text. A number too small for milliseconds since 1970 is in seconds. Times up to 1970 are the zero
// times of some languages and mean that there is none.
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && ISO_8601.test(value))) return undefined
  const time = new Date(typeof value === 'number' && value < 1e11 ? value * 1000 : value).getTime()
  return time > 0 ? time : undefined
}
