import type { SQSRecord } from 'aws-lambda'
import { sha256 } from '../../lib/audience/hash.ts'

/** Received more often than that, a message may be the one that ended its consumer; retry messages are hidden once first. */
const UNSUSPICIOUS_RECEIVES = 2

const MOST_PARTS = 100

/**
 * Parts the messages of an invocation so that one which ends its consumer takes no others with it. Those that are received
 * again and again are handled a hundredth at a time, each part acknowledged when it is done, in some order and the next time
 * in the opposite one: so all that were before the one or behind it are done, and of 10,000 only one is left after four such
 * receives. Each two receives have an order of their own, for what stands between two of such messages. Messages of a
 * group stay together, in their order.
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
  const places = new Map(suspicious.map(([id]) => [id, sha256(`${String(order)} ${id}`)]))
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
