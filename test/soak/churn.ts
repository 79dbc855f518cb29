import { setTimeout as sleep } from 'node:timers/promises'
import { CALM, CHURN } from './audiences.ts'
import type { EventName } from './audiences.ts'
import type { Happening } from './model.ts'
import type { Service } from './service.ts'
import type { Request } from './traffic.ts'

const PEOPLE = 40

/** Three minutes by the clock of the service. */
const EVERY_MS = 3 * 60_000

/** How many rows about people who change sides may be sent to Meta, for each row that was received. */
const MOST_ROWS = 1.1

/** How many requests they may need, for each request of as many people who do not change sides. */
const MOST_REQUESTS = 1.2

/** People who change sides every time, half of them in and half out, each in an event of their own. */
function churnAt(time: number, now: number): Request {
  return requestOf(time, now, 'CHURN', (person) => `churn-${person}`)
}

// As many, in and out as often, but others each time.
function calmAt(time: number, now: number): Request {
  return requestOf(time, now, 'CALM', (person) => `calm-${time}-${person}`)
}

function requestOf(time: number, at: number, event: EventName, name: (person: number) => string): Request {
  const happenings = Array.from({ length: PEOPLE }, (_, person): Happening => {
    const user = [{ EMAIL: `${name(person)}@example.com` }]
    const adds = (person + time) % 2 === 0
    return { messageId: `${event}${time}-${person}`, at, event, add: adds ? user : [], remove: adds ? [] : user }
  })
  const events = happenings.map(({ messageId, add, remove }) => ({
    ...{ type: 'track', userId: 'soak', messageId, event, originalTimestamp: new Date(at).toISOString() },
    properties: { userListAdd: add, userListDelete: remove },
  }))
  return { events, happenings, rejections: 0 }
}

/** Has people change sides for as long as asked, and sends what they say. Answers the requests, and when each was sent. */
export async function churnWhile(
  service: Service,
  first: number,
  goOn: (sent: number) => boolean,
  others: (time: number, now: number) => Request[] = () => [],
): Promise<Map<Request, number[]>> {
  const sentAt = new Map<Request, number[]>()
  for (let time = first; goOn(time - first); time += 1) {
    const now = service.now()
    const requests = [churnAt(time, now), ...others(time, now)]
    await service.send(requests.flatMap(({ events }) => events))
    for (const request of requests) sentAt.set(request, [now])
    await sleep(Math.max(0, now + EVERY_MS - service.now()) * service.timeScale)
  }
  return sentAt
}

/**
 * What people who change sides so many times cost, with no faults: as many rows as were received, and as many requests as
 * the same rows of people who do not, which came in the same messages. Answers what is not so.
 */
export async function costOfChurn(
  service: Service,
  first: number,
  times: number,
  settled: () => Promise<void>,
): Promise<{ sentAt: Map<Request, number[]>; problems: string[]; cost: { rows: number; requests: number } }> {
  const sentAt = await churnWhile(
    service,
    first,
    (sent) => sent < times,
    (time, now) => [calmAt(time, now)],
  )
  await settled()
  const { requests } = await service.emulator<{ requests: Logged[] }>('GET', '/requests')
  const [churn, calm] = [CHURN, CALM].map((id) => requests.filter(({ url }) => url.includes(`/${id}/users`)))
  const cost = {
    rows: (churn ?? []).reduce((sum, { body }) => sum + body.payload.data.length, 0) / (PEOPLE * times),
    requests: (churn?.length ?? 0) / (calm?.length ?? 0),
  }
  const problems = [
    ...(cost.rows <= MOST_ROWS ? [] : [`${cost.rows} rows were sent for each that was received of who changes sides`]),
    ...(cost.requests <= MOST_REQUESTS ? [] : [`people who change sides cost ${cost.requests} times the requests`]),
  ]
  return { sentAt, problems, cost }
}

type Logged = { url: string; body: { payload: { data: unknown[] } } }
