import { LEFT_OUT, whyLeftOut } from '../../cli/explain/left-out.ts'
import { toChanges } from '../../audience/lot.ts'
import type { UserReport } from '../../audience/lot.ts'
import { toOperations } from '../../audience/operation.ts'
import type { AudienceOperation } from '../../audience/operation.ts'
import type { RowBuilder } from '../../audience/row.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import type { UserList } from '../../track/message.ts'
import type { Selection } from '../../track/selection.ts'
import type { CallRecord, LeftOut, Step } from './feed.ts'

/** A step, when its event happened, and by which identifiers the first of its rows are known again. */
export type TrackedStep = { step: Step; at: number; rows: readonly (readonly string[])[] }

/** A call as it was sent, before anybody knows what is answered. */
export type ReadCall = { call: Omit<CallRecord, 'id' | 'status'>; tracked: readonly TrackedStep[] }

/** The rows that a call leads to, and what of it is not used. */
export type CallSteps = { tracked: TrackedStep[]; leftOut: LeftOut[]; leftOutCount: number }

/** By so many rows a step is followed through the pipeline. */
export const FOLLOWED_ROWS = 100
/** So many of the values and users that are left out are named. */
const MOST_NAMED = 20

/** How many more users are looked at, one by one, in this request. */
export type Budget = { users: number }

/**
 * What the consumer will make of a call's users: by the same code, so with the same identifiers. Nothing of a user is kept
 * but identifiers, which are 16 digits of a hash.
 */
export function callSteps(
  { lists, withheld }: Pick<Selection, 'lists' | 'withheld'>,
  { source, settings, builders, budget }: SendersWay,
): CallSteps {
  const result: CallSteps = { tracked: [], leftOut: [], leftOutCount: 0 }
  const seen = new Set<string>()
  const leave = (leftOut: LeftOut) => {
    const place = JSON.stringify([leftOut.list, leftOut.index, leftOut.field, leftOut.reason])
    if (seen.has(place)) return
    seen.add(place)
    result.leftOutCount += 1
    if (result.leftOut.length < MOST_NAMED) result.leftOut.push(leftOut)
  }
  for (const { places } of withheld)
    for (const index of places)
      leave({ list: 'add', index, reason: 'consent_denied', message: LEFT_OUT.consent_denied })
  for (const list of lists) {
    for (const operation of operationsOf(list, source, settings, budget)) {
      const builder = builders.get(operation.destination.name)
      if (!builder) continue
      const { changes, reports } = toChanges(operation, builder)
      for (const report of reports) for (const leftOut of leftOutOf(report, operation.direction)) leave(leftOut)
      const rows = changes.slice(0, FOLLOWED_ROWS).map(({ identifiers }) => identifiers)
      const dropped = reports.flatMap((report) => report.dropped ?? [])
      for (const audience of operation.audienceIds)
        join(result.tracked, {
          step: stepOf(operation, audience, list.users.length - dropped.length, dropped[0]),
          at: operation.at,
          rows,
        })
    }
    budget.users -= Math.min(budget.users, list.users.length)
  }
  return result
}

/** Who sends, and what makes rows of it. `builders` by destination. */
export type SendersWay = {
  source: string
  settings: Destinations
  builders: ReadonlyMap<string, RowBuilder>
  budget: Budget
}

/** What a list asks for, of its first users: as many as the budget has. */
export function operationsOf(
  list: UserList,
  source: string,
  settings: Destinations,
  { users: most }: Budget,
): AudienceOperation[] {
  const { messageId, by, name, more, at, person, destinations, places, direction } = list
  const event = {
    ...{ messageId, name, at, [direction]: list.users.slice(0, most) },
    ...(by !== undefined && { by }),
    ...(more && { more: [...more] }),
    ...(person && { person }),
    ...(destinations && { destinations: [...destinations] }),
    ...(places && { places: places.slice(0, most) }),
  }
  return toOperations({ version: 1, source, receivedAt: at, events: [event] }, settings)
}

function stepOf(
  { destination, direction }: AudienceOperation,
  audience: string,
  people: number,
  dropped: UserReport['dropped'],
): Step {
  const step = { destination: destination.name, audience, direction, people }
  if (people === 0 && dropped !== undefined) return { ...step, state: 'left_out', reason: dropped }
  return { ...step, state: destination.dryRun ? 'trial_run' : 'queued' }
}

/** Parts of a list that go to the same audience are one step. */
function join(all: TrackedStep[], next: TrackedStep): void {
  const { destination, audience, direction } = next.step
  const index = all.findIndex(
    ({ step }) => step.destination === destination && step.audience === audience && step.direction === direction,
  )
  const before = all[index]
  if (!before) {
    all.push(next)
    return
  }
  const first = before.step.state === 'left_out' ? next.step : before.step
  all[index] = {
    step: { ...first, people: before.step.people + next.step.people },
    at: Math.max(before.at, next.at),
    rows: [...before.rows, ...next.rows].slice(0, FOLLOWED_ROWS),
  }
}

function leftOutOf({ index, dropped, fields }: UserReport, list: LeftOut['list']): LeftOut[] {
  const values = fields.flatMap(({ field, reason }) =>
    reason === 'phone_without_country' ? [] : [{ list, index, field, reason, message: whyLeftOut(field, reason) }],
  )
  return dropped === undefined ? values : [...values, { list, index, reason: dropped, message: LEFT_OUT[dropped] }]
}
