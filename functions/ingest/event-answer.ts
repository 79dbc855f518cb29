import type { ParsedEvents } from '../../lib/track/event.ts'
import type { Findings } from '../../lib/track/findings.ts'
import { REJECTIONS } from '../../lib/track/unused-event.ts'
import type { IgnoredEvent, RejectedEvent } from '../../lib/track/unused-event.ts'
import { WARNINGS } from '../../lib/track/warning.ts'
import type { EventWarning } from '../../lib/track/warning.ts'
import { mappedLike } from '../../lib/track/selection.ts'
import type { MappedByKind } from '../../lib/track/selection.ts'

/** What became of a request's events. */
export type CheckedEvents = ParsedEvents & { warnings: Findings<EventWarning> }

/** Ignored events are told for requests with at most so many events. */
const FEW_EVENTS = 10

/**
 * What a request's answer says about its events: SDKs ignore it, people and tests read it. `mapped` are the names
 * that the source may send. Anybody can have the key of a public source, so its answer holds codes alone.
 */
export function eventAnswer(checked: CheckedEvents, isPublic: boolean, mapped: MappedByKind): object {
  const { events, rejected, ignored, warnings, count } = checked
  // Most events of a tracking SDK are ignored, and nobody wants to read them all.
  const sayIgnored = count <= FEW_EVENTS || events.length === 0
  const shown = [...(sayIgnored ? [ignored] : []), rejected, warnings]
  const isCut = shown.some(({ unnamed }) => unnamed > 0)
  const lists = {
    ignored: sayIgnored ? ignored.named.map((each) => (isPublic ? bare(each) : ignoredEntry(each, mapped))) : [],
    rejected: rejected.named.map((each) =>
      isPublic ? { ...bare(each), messageId: each.messageId } : rejectedEntry(each),
    ),
    warnings: warnings.named.map((each) => (isPublic ? { ...bare(each), count: each.count } : warningEntry(each))),
  }
  return {
    accepted: events.length,
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    ...(isCut && { counts: Object.assign({}, ...shown.map(({ counts }) => counts)) as object }),
  }
}

function bare({ index, code }: IgnoredEvent | RejectedEvent | EventWarning) {
  return { index, code }
}

function ignoredEntry(ignored: IgnoredEvent, names: MappedByKind) {
  const mapped = mappedLike(ignored, names)
  return { ...ignored, ...(mapped && { mapped }) }
}

function rejectedEntry({ index, messageId, code, ...about }: RejectedEvent) {
  return { index, messageId, code, message: REJECTIONS[code], ...about }
}

function warningEntry({ index, code, ...about }: EventWarning) {
  return { index, code, message: WARNINGS[code], ...about }
}
