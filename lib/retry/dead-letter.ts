import { toOperations } from '../audience/operation.ts'
import type { Destinations } from '../config/destinations-schema.ts'
import { decodeMessage } from '../track/message.ts'
import { summariseRows } from './summary.ts'

/** What a dead letter is about, without anything of the people in it. Events lead where the settings of today send them. */
export type DeadLetterContent = {
  /** `rows`: they were ready for Meta, and waited. `events`: as ingest has queued them. */
  kind: 'rows' | 'events'
  destinations: readonly string[]
  audiences: readonly string[]
  users: { add: number; remove: number }
  hasErasure: boolean
  /** When its events happened, ms since 1970; absent where nothing tells. */
  oldest?: number
  newest?: number
}

/** Reads the body of a dead letter; undefined when this version of the product did not write it. */
export function readDeadLetter(body: string, settings: Destinations): DeadLetterContent | undefined {
  const rows = summariseRows(body)
  if (rows) {
    const { destination, audienceIds, add, remove, hasErasure, times } = rows
    const about = { destinations: [destination], audiences: audienceIds, users: { add, remove }, hasErasure }
    return { kind: 'rows', ...about, ...spanOf(times) }
  }
  const message = decodeMessage(body)
  if (!message) return undefined
  const operations = toOperations(message, settings)
  const named = message.events.flatMap(({ destinations = [] }) => destinations)
  const count = (direction: 'add' | 'remove') =>
    message.events.reduce((sum, event) => sum + (event[direction]?.length ?? 0), 0)
  return {
    kind: 'events',
    destinations: [...new Set([...operations.map(({ destination }) => destination.name), ...named])],
    audiences: [...new Set(operations.flatMap(({ audienceIds }) => audienceIds))],
    users: { add: count('add'), remove: count('remove') },
    hasErasure: message.events.some(({ by }) => by === 'erasure'),
    ...spanOf(message.events.map(({ at }) => at)),
  }
}

function spanOf(times: readonly number[]): { oldest?: number; newest?: number } {
  if (times.length === 0) return {}
  return times.reduce(
    ({ oldest, newest }, time) => ({ oldest: Math.min(oldest, time), newest: Math.max(newest, time) }),
    { oldest: Infinity, newest: -Infinity },
  )
}
