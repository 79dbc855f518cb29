import { removalRows, removalsOf } from '../../erasure/removal-rows.ts'
import { usersIn } from '../../erasure/erase-body.ts'
import { createErasure } from '../../erasure/erasure.ts'
import { createNamePeople } from '../../erasure/named-people.ts'
import { erasedFrom } from '../../config/audience-mapping.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import { FOLLOWED_ROWS, operationsOf } from './call-steps.ts'
import type { ReadCall, TrackedStep } from './call-steps.ts'
import type { Step } from './feed.ts'

const SAID = {
  erase: 'These people are remembered as erased: no call adds them again.',
  unerase: 'Calls may add these people again from now on. Nobody is added by this.',
} as const

/** The rows that the erasure of some users leads to, and how many people they are. */
export type Erased = { tracked: TrackedStep[]; people: number }

/** Compiles the settings to a function that says where erased people are removed, by the code of ingest and the consumer. */
export function createEraseSteps(settings: Destinations, clock: () => number): (users: readonly unknown[]) => Erased {
  const namePeople = createNamePeople(settings.destinations)
  const plan = createErasure(settings.destinations, clock)
  const rowsOf = new Map(settings.destinations.map((each) => [each.name, removalRows(each, clock)]))
  return (users) => {
    if (users.length === 0) return { tracked: [], people: 0 }
    const at = clock()
    const { people } = namePeople(users)
    const { lists, notSent, unusable } = plan({ id: '', at, people })
    const count = people.length - unusable.length
    const removed = lists.flatMap((list) =>
      operationsOf(list, '', settings, { users: FOLLOWED_ROWS }).flatMap((operation) => {
        const { destination, audienceIds } = operation
        const rows = rowsOf.get(destination.name)
        const identifiers = rows ? removalsOf(operation, rows).changes.map((change) => change.identifiers) : []
        return audienceIds.map((audience): TrackedStep => ({
          step: stepOf(destination.name, audience, list.users.length, 'queued'),
          ...{ at, rows: identifiers },
        }))
      }),
    )
    const left = notSent.flatMap(({ destination: name, code, users: some = count }) =>
      settings.destinations
        .filter((each) => each.name === name)
        .flatMap(erasedFrom)
        .map((audience) => ({ step: { ...stepOf(name, audience, some, 'left_out'), reason: code }, at, rows: [] })),
    )
    return { tracked: [...removed, ...left], people: count }
  }
}

function stepOf(destination: string, audience: string, people: number, state: Step['state']): Step {
  return { destination, audience, direction: 'remove', people, state }
}

/** A request to `/v1/erase` or `/v1/unerase` as one call; none where ingest refuses it. */
export function eraseCall(
  kind: 'erase' | 'unerase',
  json: object,
  { source, receivedAt, steps }: { source: string; receivedAt: number; steps: (users: readonly unknown[]) => Erased },
): ReadCall[] {
  const asked = usersIn(json, kind)
  if (!asked.ok) return []
  const { tracked: all, people } = steps(asked.users)
  const tracked = kind === 'erase' ? all : []
  return [
    {
      call: {
        ...{ receivedAt, source, type: kind, name: '', verdict: 'accepted', message: SAID[kind] },
        ...{ users: { add: 0, remove: kind === 'erase' ? people : 0 }, leftOut: [], leftOutCount: 0 },
        steps: tracked.map(({ step }) => step),
      },
      tracked,
    },
  ]
}
