import { toBatches } from '../../audience/batch.ts'
import type { BatchTarget } from '../../audience/batch.ts'
import type { Change, Direction } from '../../audience/change.ts'
import type { FieldReport } from '../../audience/column.ts'
import { explainUser } from '../../audience/explain-user.ts'
import type { FieldExplanation } from '../../audience/explain-user.ts'
import { placeOfUser, toChanges } from '../../audience/lot.ts'
import type { UserPlace, UserReport } from '../../audience/lot.ts'
import { toOperations } from '../../audience/operation.ts'
import type { AudienceOperation } from '../../audience/operation.ts'
import { createRowBuilder, rowSchema } from '../../audience/row.ts'
import type { Destination } from '../../config/destinations-schema.ts'
import { graphBody, toRequest } from '../../graph-api/request.ts'
import type { GraphBody } from '../../graph-api/request.ts'
import { lastWord } from '../../register/last-word.ts'
import { toSend } from '../../register/to-send.ts'
import type { QueueMessage } from '../../track/message.ts'
import { LEFT_OUT, whyLeftOut } from './left-out.ts'
import type { LeftOut } from './left-out.ts'

/** What queued events lead to for one destination. */
export type DestinationExplanation = {
  requests: {
    destination: string
    audienceId: string
    method: string
    path: string
    body: GraphBody
    /** The destination has a trial run, so it is not sent. */
    dryRun?: true
  }[]
  users: (UserPlace & { fields: FieldExplanation[] })[]
  dropped: (UserPlace & { field?: string; reason: LeftOut; message: string })[]
  /** Values that are sent as they are, though they may not be what was meant. */
  doubts: (UserPlace & { code: string; message: string; field: string })[]
}

const PHONE_WITHOUT_COUNTRY =
  'The number has no country code, and neither COUNTRY nor defaultCountry says one; it is sent as it is.'

/** One user on the way into or out of a destination's audiences. A user without a change is left out. */
type ExplainedUser = {
  place: UserPlace
  fields: FieldExplanation[]
  changes: readonly Change[]
  reports: readonly UserReport[]
}

type ExplainedOperation = { operation: AudienceOperation; users: readonly ExplainedUser[] }

/** Takes events to a destination's requests: those of sessions as they come, and all others merged. */
export function explainDestination(
  destination: Destination,
  received: Omit<QueueMessage, 'version'>,
  clock: () => number,
): DestinationExplanation {
  const operations = explainOperations(destination, received, clock)
  const ofSessions = operations.filter(({ operation }) => operation.session)
  const merged = explainMerged(
    destination,
    operations.filter(({ operation }) => !operation.session),
  )
  const users = operations.flatMap((each) => each.users)
  return {
    requests: [...ofSessions.flatMap(sessionRequests), ...merged.requests],
    users: users.map(({ place, fields }) => ({ ...place, fields })),
    dropped: [...users.flatMap(notInRow), ...merged.dropped],
    doubts: users.flatMap(({ place, reports }) => reports.flatMap(({ fields }) => doubtsIn(place, fields))),
  }
}

/** Each user alone, so that its place is known whatever becomes of it. */
function explainOperations(
  destination: Destination,
  received: Omit<QueueMessage, 'version'>,
  clock: () => number,
): ExplainedOperation[] {
  const message = { version: 1 as const, ...received }
  const rowBuilder = createRowBuilder(destination, clock)
  const fieldsOf = explainUser(destination, clock)
  return toOperations(message, { sources: [], destinations: [destination] }).map((operation) => ({
    operation,
    users: operation.users.map((user, position) => {
      const place = placeOfUser(operation, position)
      return {
        place,
        fields: fieldsOf(user),
        ...toChanges({ ...operation, users: [user], offset: place.index, places: undefined }, rowBuilder),
      }
    }),
  }))
}

function sessionRequests({ operation, users }: ExplainedOperation): DestinationExplanation['requests'] {
  const { destination, audienceIds, direction, session } = operation
  const target = { destination, direction, schema: rowSchema(destination), ...(session && { session }) }
  return audienceIds.flatMap((audienceId) => requestsFor({ ...target, audienceId }, changesOf(users)))
}

/** Users outside of sessions: each audience is sent what the last words of all operations that feed it say. */
function explainMerged(
  destination: Destination,
  operations: readonly ExplainedOperation[],
): Pick<DestinationExplanation, 'requests' | 'dropped'> {
  const audienceIds = [...new Set(operations.flatMap(({ operation }) => operation.audienceIds))]
  const turns = audienceIds.map((audienceId) =>
    explainTurn(
      destination,
      audienceId,
      operations.filter(({ operation }) => operation.audienceIds.includes(audienceId)),
    ),
  )
  return {
    requests: (['remove', 'add'] as const).flatMap((direction) => turns.flatMap(({ requests }) => requests[direction])),
    dropped: (['add', 'remove'] as const).flatMap((direction) =>
      usersOf(operations, direction).flatMap(({ place, changes }) => {
        const reasons = changes.flatMap((change) => turns.flatMap(({ leftOut }) => leftOut.get(change) ?? []))
        return [...new Set(reasons)].map((reason) => dropped(place, reason))
      }),
    ),
  }
}

/** What one audience is sent, and why it is not sent the rest. */
function explainTurn(destination: Destination, audienceId: string, operations: readonly ExplainedOperation[]) {
  const schema = rowSchema(destination)
  const hand = { add: changesOf(usersOf(operations, 'add')), remove: changesOf(usersOf(operations, 'remove')) }
  const log = { add: [], remove: [] }
  const [{ add, remove } = log] = toSend([{ schema, ...hand }], log)
  const { stands, cameBack } = lastWord(hand, log)
  const sent = new Set([...remove, ...add].map((change) => change.whole ?? change))
  const reasonFor = {
    add: (change: Change): LeftOut => (stands(change) ? 'repeated' : 'removed_as_well'),
    remove: (change: Change): LeftOut => (cameBack(change).length > 0 ? 'added_since' : 'repeated'),
  }
  const leftOut = (['add', 'remove'] as const).flatMap((direction) =>
    hand[direction]
      .filter((change) => !sent.has(change))
      .map((change) => [change, reasonFor[direction](change)] as const),
  )
  const target = { destination, audienceId, schema }
  return {
    requests: {
      add: requestsFor({ ...target, direction: 'add' }, add),
      remove: requestsFor({ ...target, direction: 'remove' }, remove),
    },
    leftOut: new Map(leftOut),
  }
}

function requestsFor(target: BatchTarget, changes: readonly Change[]): DestinationExplanation['requests'] {
  const { destination, audienceId } = target
  return toBatches(target, changes).map((batch) => {
    const { method, path } = toRequest(batch)
    const request = { destination: destination.name, audienceId, method, path, body: graphBody(batch) }
    return destination.dryRun ? { ...request, dryRun: true } : request
  })
}

/** What of a user is not sent: values whose columns are blank, or the whole user. */
function notInRow({ place, reports }: ExplainedUser): DestinationExplanation['dropped'] {
  return reports.flatMap(({ fields, dropped: reason }) => [
    ...fields.flatMap(({ field, reason: why }) =>
      why === 'phone_without_country' ? [] : [{ ...place, field, reason: why, message: whyLeftOut(field, why) }],
    ),
    ...(reason === undefined ? [] : [dropped(place, reason)]),
  ])
}

function dropped(place: UserPlace, reason: LeftOut): DestinationExplanation['dropped'][number] {
  return { ...place, reason, message: LEFT_OUT[reason] }
}

function doubtsIn(place: UserPlace, fields: readonly FieldReport[]): DestinationExplanation['doubts'] {
  return fields.flatMap(({ field, reason }) =>
    reason === 'phone_without_country' ? [{ ...place, code: reason, message: PHONE_WITHOUT_COUNTRY, field }] : [],
  )
}

function usersOf(operations: readonly ExplainedOperation[], direction: Direction): ExplainedUser[] {
  return operations.flatMap(({ operation, users }) => (operation.direction === direction ? users : []))
}

function changesOf(users: readonly ExplainedUser[]): Change[] {
  return users.flatMap(({ changes }) => changes)
}
