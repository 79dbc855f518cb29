import type { CallRecord } from './feed.ts'
import type { ReadRequest } from './read-calls.ts'
import type { Followed, RowIndex } from './row-index.ts'

/** So many calls are remembered. */
export const MOST_CALLS = 2_000

/** The answer to a request: its status and, where it was refused, why. */
export type Answered = { status: number; code?: string; message?: string }

/** The last calls, and how far each has come. */
export type CallRing = {
  /** Takes the calls of a request. What it gives back is told how the request was answered. */
  take: (request: ReadRequest, receivedAt: number) => (answer: Answered) => void
  /** The newest first. */
  newest: (most: number) => CallRecord[]
  /** Calls that changed after this version, those that changed first, and the version that says so of the next. */
  since: (version: number, most: number) => { calls: CallRecord[]; version: number }
  clear: () => void
}

type Kept = { record: CallRecord; followed: readonly Followed[]; version: number }

export function createCallRing(index: RowIndex): CallRing {
  const kept = new Map<number, Kept>()
  let lastId = 0

  function keep(call: Omit<CallRecord, 'id'>, followed: readonly Followed[]): void {
    const id = (lastId += 1)
    kept.set(id, { record: { id, ...call }, followed, version: index.nextVersion() })
    for (const [oldest, { followed: done }] of kept) {
      if (kept.size <= MOST_CALLS) break
      for (const each of done) index.forget(each)
      kept.delete(oldest)
    }
  }

  return {
    take: ({ calls, ...request }, receivedAt) => {
      // Its rows may reach Meta before ingest has answered, so they are followed at once.
      const taken = calls.map(({ call, tracked }) => ({
        call,
        followed: tracked.map((each) => index.follow(each, receivedAt)),
      }))
      return (answer) => {
        const { status, code, message } = answer
        if (status === 200 && calls.length > 0) {
          for (const { call, followed } of taken) keep({ ...call, status }, followed)
          return
        }
        for (const { followed } of taken) for (const each of followed) index.forget(each)
        const why = { ...(code !== undefined && { code }), ...(message !== undefined && { message }) }
        keep({ ...ofWhole(request, calls), receivedAt, ...why, ...verdictOf(status), status }, [])
      }
    },
    newest: (most) =>
      [...kept.values()]
        .slice(-most)
        .reverse()
        .map(({ record }) => record),
    since: (after, most) => {
      const changed = [...kept.values()]
        .map((each) => ({
          ...each,
          version: each.followed.reduce((newest, { version }) => Math.max(newest, version), each.version),
        }))
        .filter(({ version }) => version > after)
        .sort((one, other) => one.version - other.version)
        .slice(0, most)
      return { calls: changed.map(({ record }) => record), version: changed.at(-1)?.version ?? after }
    },
    clear: () => {
      for (const { followed } of kept.values()) for (const each of followed) index.forget(each)
      kept.clear()
    },
  }
}

/** A request that was refused as a whole, or that holds no calls, as one. */
function ofWhole(
  { source, type }: Omit<ReadRequest, 'calls'>,
  calls: ReadRequest['calls'],
): Omit<CallRecord, 'id' | 'receivedAt' | 'verdict' | 'status'> {
  const [first] = calls
  const alone = calls.length === 1 ? first?.call : undefined
  const sum = (direction: 'add' | 'remove') => calls.reduce((all, { call }) => all + call.users[direction], 0)
  return {
    ...(source !== undefined && { source }),
    type: alone?.type ?? type,
    name: alone?.name ?? '',
    ...(alone?.messageId !== undefined && { messageId: alone.messageId }),
    users: { add: sum('add'), remove: sum('remove') },
    leftOut: [],
    leftOutCount: 0,
    steps: [],
  }
}

function verdictOf(status: number): Pick<CallRecord, 'verdict'> {
  return { verdict: status === 200 ? 'accepted' : 'refused' }
}
