import { AUDIENCES } from './audiences.ts'
import type { FeedName } from './audiences.ts'
import { MALFORMED } from './malformed.ts'
import { identifiersOf, rowOf, sha256 } from './model.ts'
import type { Happening, User } from './model.ts'
import { personCall } from './one-person.ts'
import { UNUSABLE_USERS, everythingAbout, named, relative } from './people.ts'

/** One request to /v1/batch: its events, what they mean, and how many of them ingest must reject. */
export type Request = { events: readonly unknown[]; happenings: readonly Happening[]; rejections: number }

/** Whom the fault `poison` strikes: always named by everything, and never by chance. */
export const POISONED = everythingAbout(0)

/**
 * Requests are an hour apart by the clock of the service, 36 s by that of the machine. An event's time is known only as
 * exactly as its way to ingest is short, but within a request to the millisecond: so events of one person are longer apart
 * than that, or in one request, even at the same time.
 */
const SLOT_MS = 3_600_000

/** How many people are named in so many events. */
export function peopleIn(events: number): number {
  return Math.max(200, Math.floor(events / 6))
}

/** Makes up `count` events of people who are named again and again, the same for the same seed. */
export function makeTraffic(count: number, now: number, random: () => number): Request[] {
  const people = peopleIn(count)
  const pick = (below: number) => Math.floor(random() * below)
  const one = <T>(values: readonly T[]) => values[pick(values.length)] as T
  const somebody = () => 1 + (random() < 0.4 ? pick(20) : pick(people - 1))
  // A request has two events at least, so all are in the past.
  const start = now - (count / 2) * SLOT_MS
  const requests: Request[] = []
  let made = 0
  let sessions = 0

  while (made < count) {
    const request = random() < 0.12 ? sessionRequest() : plainRequest()
    made += request.events.length
    requests.push(request)
  }
  return requests

  function users(most: number, adds: boolean): User[] {
    return Array.from({ length: pick(most + 1) }, () => named(somebody(), adds, random))
  }

  function relatives(most: number): User[] {
    return Array.from({ length: pick(most + 1) }, () => relative(random))
  }

  function happening(request: number, index: number, event: FeedName, add: User[], remove: User[]): Happening {
    // Several events of a request share a millisecond.
    const at = Math.floor(start) + request * SLOT_MS + Math.floor(index / 2)
    return { messageId: `request${request}-event${index}`, at, event, add, remove }
  }

  function plainRequest(): Request {
    const id = requests.length
    const events: Event[] = []
    const put = (event: FeedName, add: User[], remove: User[]) =>
      events.push({ happening: happening(id, events.length, event, add, remove) })
    const length = 20 + pick(40)
    while (events.length < length) {
      if (random() < 0.35) {
        events.push(personEvent(id, events.length))
        continue
      }
      const name = one(['SHOP', 'BOTH', 'ADS', 'HASHES'] as const)
      const kind = random()
      if (kind < 0.06) {
        events.push({ malformed: one(MALFORMED) })
      } else if (kind < 0.09) {
        put(name, users(400, true), users(50, false))
      } else if (kind < 0.14) {
        put('FAMILY', relatives(3), relatives(3))
      } else if (kind < 0.25) {
        const person = somebody()
        for (const adds of [true, false, true])
          put(name, adds ? [named(person, true, random)] : [], adds ? [] : [named(person, false, random)])
      } else {
        put(name, kind < 0.75 ? users(3, true) : [], kind > 0.5 ? users(3, false) : [])
      }
    }
    if (id % 5 === 0) put('SHOP', [...users(30, true), POISONED], [])
    return withBodies(events, () => ({}))
  }

  /** A call about one person, or one with lists where one person would do. */
  function personEvent(request: number, index: number): Event {
    const feed = one(['ORDERS', 'MEMBERS', 'WAREHOUSE', 'SYNCED'] as const)
    if (random() < 0.1) {
      const listed = feed === 'ORDERS' ? feed : 'WAREHOUSE'
      return { happening: happening(request, index, listed, users(3, true), users(3, false)) }
    }
    const adds = random() < 0.6
    const user = named(somebody(), adds, random)
    const happened = happening(request, index, feed, adds ? [user] : [], adds ? [] : [user])
    return { happening: happened, call: personCall(feed, adds, user, random) }
  }

  /** Sessions of some events each. Later batches of a session are numbered after all those of an event's long list. */
  function sessionRequest(): Request {
    const id = requests.length
    const events: Event[] = []
    const fields: object[] = []
    for (let count = 1 + pick(3); count > 0; count -= 1) {
      const name = one(['SHOP', 'BOTH', 'ADS', 'HASHES'] as const)
      const [sessionIdAdd, sessionIdDelete] = [(sessions += 1), (sessions += 1)]
      const length = 2 + pick(3)
      for (let batch = 0; batch < length; batch += 1) {
        const most = random() < 0.3 ? 250 : 5
        const happened = happening(id, events.length, name, users(most, true), users(most, false))
        events.push({ happening: happened })
        const lastBatchFlag = batch === length - 1
        fields.push({ sessionIdAdd, sessionIdDelete, batchSequence: 1 + batch * 10, lastBatchFlag })
      }
    }
    return withBodies(events, (index) => fields[index] ?? {})
  }

  function withBodies(events: readonly Event[], fields: (index: number) => object): Request {
    const happenings = events.flatMap((event) => ('happening' in event ? [event.happening] : []))
    const bodies = events.map((event, index) => {
      if ('malformed' in event) return event.malformed.body
      return event.call ? { ...event.call, ...stamp(event.happening) } : body(event.happening, fields(index))
    })
    const rejected = events.filter((event) => {
      if ('malformed' in event) return event.malformed.isRejected
      return event.call ? namesNobody(event.happening) : isEmpty(event.happening)
    })
    return { events: bodies, happenings, rejections: rejected.length }
  }

  function body(happening: Happening, fields: object): object {
    const { event, add, remove } = happening
    const given = (list: readonly User[]) => {
      const written: unknown[] = event === 'HASHES' ? list.map(hashed) : [...list]
      if (list.length > 0 && random() < 0.1) written.splice(pick(list.length), 0, one(UNUSABLE_USERS))
      return written
    }
    if (event === 'WAREHOUSE') {
      const listData = { add: given(add), remove: given(remove) }
      return { type: 'audiencelist', ...stamp(happening), properties: { listData } }
    }
    const lists = { userListAdd: given(add), userListDelete: given(remove) }
    // The person beside lists is not meant.
    const beside =
      event === 'ORDERS' ? { event: 'Order Completed', traits: { email: 'nobody@example.com' } } : { event }
    return { type: 'track', userId: 'soak', ...stamp(happening), ...beside, properties: { ...fields, ...lists } }
  }
}

function stamp({ messageId, at }: Happening): object {
  return { messageId, originalTimestamp: new Date(at).toISOString() }
}

type Event = { happening: Happening; call?: object } | { malformed: (typeof MALFORMED)[number] }

function isEmpty({ add, remove }: Happening): boolean {
  return add.length === 0 && remove.length === 0
}

/** Whether the person of a call has no value in a column that identifies one. */
function namesNobody({ event, add, remove }: Happening): boolean {
  const columns = AUDIENCES.find((audience) => audience.event === event)?.columns ?? []
  return [...add, ...remove].every((user) => identifiersOf(rowOf(user, columns)).length === 0)
}

function hashed({ EMAIL, PHONE }: User): User {
  return { ...(EMAIL && { EMAIL: sha256(EMAIL) }), ...(PHONE && { PHONE: sha256(PHONE) }) }
}
