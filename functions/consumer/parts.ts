import type { SQSRecord } from 'aws-lambda'
import { sha256 } from '../../lib/audience/hash.ts'

/**
 * A message that was received more often may be the one that crashes its consumer. Two are usual: on its first receive, a
 * retry message may only be hidden for the rest of its wait.
 */
const UNSUSPICIOUS_RECEIVES = 2

const MOST_PARTS = 100

/**
 * Parts the messages of an invocation so that a message that crashes its consumer takes no others with it.
 * - Messages that were received often are handled a hundredth at a time. Each part is acknowledged when it is done.
 * - The next receive takes the opposite order, so that all messages before and behind the bad one get done. Of 10,000
 *   messages only the bad one is left after four such receives.
 * - Every two receives have a new order, in case there are two bad messages.
 * - Messages of one group stay together, in their order.
 */
export function inParts(records: readonly SQSRecord[]): SQSRecord[][] {
  const groups = Map.groupBy(records, ({ attributes, messageId }) => attributes.MessageGroupId ?? messageId)
  const suspicious = [...groups].filter(([, group]) =>
    group.some((record) => receivesOf(record) > UNSUSPICIOUS_RECEIVES),
  )
  if (suspicious.length === 0) return [[...records]]
  const ids = new Set(suspicious.map(([id]) => id))
  const others = [...groups].filter(([id]) => !ids.has(id)).flatMap(([, group]) => group)
  const receives = suspicious.reduce((most, [, group]) => Math.max(most, ...group.map(receivesOf)), 0)
  const order = Math.ceil(receives / 2)
  const places = new Map(suspicious.map(([id]) => [id, sha256(`${order} ${id}`)]))
  const placeOf = (id: string) => places.get(id) ?? ''
  const ascending = suspicious.sort(([one], [other]) => (placeOf(one) < placeOf(other) ? -1 : 1))
  const inOrder = receives % 2 === 0 ? ascending.reverse() : ascending
  const size = Math.ceil(inOrder.length / MOST_PARTS)
  const parts = Array.from({ length: Math.ceil(inOrder.length / size) }, (_, index) =>
    inOrder.slice(index * size, (index + 1) * size).flatMap(([, group]) => group),
  )
  return others.length > 0 ? [others, ...parts] : parts
}

function receivesOf({ attributes }: SQSRecord): number {
  return Number(attributes.ApproximateReceiveCount)
}
