/** When an event happened, in ms since 1970, and which of its times says so. */
export type EventTime = {
  at: number
  /** `corrected`: by how long before the sending it happened. `received`: nothing else could be read. */
  from: 'originalTimestamp' | 'timestamp' | 'receivedAt' | 'corrected' | 'received'
}

/** Whether a source's clock is right (servers, webhooks), or may be wrong by hours (browsers). */
export type SourceClock = 'trusted' | 'corrected'

type Times = Readonly<Record<string, unknown>>

/**
 * When an event happened. Half of all SDKs repeat a failed request with the `sentAt` of the first attempt, and CDPs
 * deliver hours late with the SDK's, so a trusted clock's own time counts; only a browser's is corrected by `sentAt`.
 * Never later than received.
 */
export function eventTime(event: Times, envelope: Times, clock: SourceClock, receivedAt: number): EventTime {
  return clock === 'trusted' ? trusted(event, envelope, receivedAt) : corrected(event, envelope, receivedAt)
}

function trusted(event: Times, envelope: Times, now: number): EventTime {
  // A CDP says when it received the event, and has corrected `timestamp` by then.
  const byCdp = timeOf(event.receivedAt)
  const receivedAt = Math.min(now, byCdp ?? now)
  const original = timeOf(event.originalTimestamp)
  const timestamp = timeOf(event.timestamp)
  if (byCdp !== undefined && timestamp !== undefined) return timed(Math.min(timestamp, receivedAt), 'timestamp')
  const happened = original ?? timestamp
  if (happened !== undefined) {
    const lead = Math.max(0, (sentAt(event, envelope) ?? receivedAt) - receivedAt)
    return timed(Math.min(happened - lead, receivedAt), original === undefined ? 'timestamp' : 'originalTimestamp')
  }
  return byCdp === undefined ? { at: now, from: 'received' } : timed(receivedAt, 'receivedAt')
}

function corrected(event: Times, envelope: Times, now: number): EventTime {
  const happened = timeOf(event.originalTimestamp) ?? timeOf(event.timestamp)
  const sent = sentAt(event, envelope)
  if (happened === undefined || sent === undefined) return { at: now, from: 'received' }
  return timed(now - Math.max(0, sent - happened), 'corrected')
}

function timed(at: number, from: EventTime['from']): EventTime {
  return { at: Math.max(0, at), from }
}

function sentAt(event: Times, envelope: Times): number | undefined {
  return timeOf(event.sentAt) ?? timeOf(envelope.sentAt)
}

// SDKs send ISO 8601 text; a number that is too small for milliseconds since 1970 counts seconds. What is before that
// are zero times of some languages, which say that there is none.
function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const time = new Date(typeof value === 'number' && value < 1e11 ? value * 1000 : value).getTime()
  return time > 0 ? time : undefined
}
