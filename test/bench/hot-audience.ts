import { createHash } from 'node:crypto'
import type { Destination } from '../../lib/config/destinations-schema.ts'
import type { SendRequest } from '../../lib/graph-api/client.ts'
import { packMessages } from '../../lib/track/message.ts'
import { createVirtualService } from './virtual-service.ts'
import { createVirtualTime } from './virtual-time.ts'

/** The result of an import with opt-outs beside it. Times in seconds. */
type HotAudience = {
  /** For each opt-out, the time from the queue until Meta has taken the removal. */
  optOuts: number[]
  /** Until Meta has taken the last user of the import. */
  importSeconds: number
  requests: number
  /** Rows that were sent, of as many as were received. */
  rowsSent: number
  rowsReceived: number
  /** How often users had to wait, by reason. */
  waited: ReadonlyMap<string, number>
}

type Load = { users: number; optOutEverySeconds: number; graphMs: number; processorMs: number }

/** How many users of an import ingest takes at once. */
const USERS_OF_EVENT = 10_000

const AUDIENCE = '23846440602800582'

const DESTINATION: Destination = {
  name: 'main',
  userSchema: ['EMAIL'],
  events: { USER_ADD: { audiences: [AUDIENCE] } },
  memberships: {},
  sourceAudience: {},
  userFields: {},
  isHashRequired: false,
  dryRun: false,
  disableFormat: false,
  sources: ['server'],
  apiVersion: 'v26.0',
  maxUserCount: 10_000,
  isValueBasedAudience: false,
}

/**
 * An import of so many users for one audience, all put on the queue at once, and opt-outs of other people beside it,
 * until Meta has taken everything: the consumer as it is deployed, in virtual time.
 */
export async function hotAudience({ users, optOutEverySeconds, graphMs, processorMs }: Load): Promise<HotAudience> {
  const time = createVirtualTime()
  const start = time.now()
  const seconds = (since: number) => (time.now() - since) / 1000
  const optedOutAt = new Map<string, number>()
  const optOuts: number[] = []
  const missing = new Set<number>(Array.from({ length: users }, (_, user) => user))
  const imported = new Map<string, number>()
  const { promise: importDone, resolve } = Promise.withResolvers<undefined>()
  let requests = 0
  let rowsSent = 0
  let importSeconds = NaN

  const send: SendRequest = async ({ method, body }) => {
    await time.sleep(graphMs)
    const { data } = (JSON.parse(body) as { payload: { data: [string][] } }).payload
    requests += 1
    rowsSent += data.length
    for (const [email] of data)
      if (method === 'DELETE') {
        optOuts.push(seconds(optedOutAt.get(email) ?? NaN))
        optedOutAt.delete(email)
      } else {
        missing.delete(imported.get(email) ?? -1)
      }

    if (missing.size === 0 && Number.isNaN(importSeconds)) {
      importSeconds = seconds(start)
      resolve(undefined)
    }
    const received = { numReceived: data.length, numInvalid: 0, invalidSamples: {} }
    return { ok: true, received, usage: { adAccounts: [], appPercent: undefined, accountPercent: undefined } }
  }
  const service = createVirtualService({ time, destination: DESTINATION, send, pollers: 2, processorMs })
  const put = (messageId: string, direction: 'add' | 'remove', emails: readonly string[]) => {
    const list = { messageId, name: 'USER_ADD', at: time.now(), direction, users: emails.map((EMAIL) => ({ EMAIL })) }
    const { track, removal } = packMessages('server', time.now(), [list])
    return Promise.all([service.track.send(track), service.removal.send(removal)])
  }

  for (let first = 0; first < users; first += USERS_OF_EVENT) {
    const emails = Array.from({ length: Math.min(USERS_OF_EVENT, users - first) }, (_, index) => {
      const email = sha256(`user ${first + index}`)
      imported.set(email, first + index)
      return email
    })
    await put(`import ${first}`, 'add', emails)
  }
  const state = { over: false }
  const optingOut = async () => {
    for (let person = 0; !state.over; person += 1) {
      const email = sha256(`opt-out ${person}`)
      optedOutAt.set(email, time.now())
      await put(`opt-out ${person}`, 'remove', [email])
      await time.sleep(optOutEverySeconds * 1000)
    }
  }
  const allOut = async () => {
    await importDone
    state.over = true
    while (optedOutAt.size > 0) await time.sleep(1_000)
  }
  await time.until(Promise.all([optingOut(), allOut()]))
  await time.until(service.close())
  return { optOuts, importSeconds, requests, rowsSent, rowsReceived: users + optOuts.length, waited: service.waited }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
