import { identifiersOf } from '../../audience/identifiers.ts'
import type { Cell } from '../../audience/column.ts'
import { SCHEMA_FIELDS } from '../../config/schema-field.ts'
import type { SchemaField } from '../../config/schema-field.ts'
import { isObject } from '../../track/json-object.ts'
import { readAnswer } from '../../graph-api/client.ts'
import { failureReason } from '../../graph-api/error.ts'
import type { Answered } from '../../emulator/meta/server.ts'
import type { Step } from './feed.ts'
import type { RowIndex, StepChange } from './row-index.ts'

/** A request that changes an audience, and what became of it. */
export type UsersRequest = {
  at: number
  audience: string
  direction: Step['direction']
  /** The identifiers of each row. */
  rows: readonly (readonly string[])[]
  status: number
  /** `delivered`, or the reason of the failure as the consumer names it. */
  outcome: string
  fbtraceId?: string
}

/** Reads a request to the emulator and its answer; undefined for one that changes no audience. */
export function readUsersRequest({ at, graph, answer }: Answered): UsersRequest | undefined {
  const { method, segments, parameters } = graph
  const [, audience, edge] = segments
  if (edge !== 'users' || audience === undefined || (method !== 'POST' && method !== 'DELETE')) return undefined
  const payload = isObject(parameters.payload) ? parameters.payload : {}
  const fbtraceId = answer?.headers['x-fb-request-id']
  return {
    ...{ at, audience, direction: method === 'POST' ? 'add' : 'remove', rows: rowsOf(payload.schema, payload.data) },
    ...{ status: answer?.status ?? 0, outcome: outcomeOf(answer) },
    ...(fbtraceId !== undefined && { fbtraceId }),
  }
}

function outcomeOf(answer: Answered['answer']): string {
  if (!answer) return 'network'
  const read = readAnswer(answer.status, answer.body, false)
  return read.ok ? 'delivered' : failureReason(read.failure)
}

function rowsOf(schema: unknown, data: unknown): string[][] {
  const fields: unknown[] = Array.isArray(schema) ? schema : [schema]
  if (!fields.every(isField) || !Array.isArray(data)) return []
  return data.map((row: unknown) => identifiersOf(fields, (Array.isArray(row) ? row : [row]) as Cell[]))
}

function isField(name: unknown): name is SchemaField {
  return typeof name === 'string' && Object.hasOwn(SCHEMA_FIELDS, name)
}

/** Takes the rows of a request that Meta took off those that are on their way, and those that it overtook. */
export function followRequest(index: RowIndex, { audience, direction, rows, ...about }: UsersRequest): void {
  const { at, status, outcome, fbtraceId } = about
  const request = { at, people: rows.length, status, ...(fbtraceId !== undefined && { fbtraceId }) }
  const opposite = direction === 'add' ? 'remove' : 'add'
  for (const identifiers of rows) {
    const carried = index.find(audience, direction, identifiers)
    for (const row of carried) {
      const { of: followed } = row
      if (outcome !== 'delivered') {
        index.change(followed, { request })
        continue
      }
      index.takeOff(row)
      if (followed.left.size > 0) continue
      index.change(followed, { state: 'sent', reason: undefined, advice: undefined, until: undefined, request })
    }
    if (outcome !== 'delivered') continue
    const newest = Math.max(...carried.map(({ of: { at: saidAt } }) => saidAt))
    for (const { of: followed } of index.find(audience, opposite, identifiers)) {
      const isOvertaken = direction === 'remove' ? followed.at <= newest : followed.at < newest
      if (isOvertaken) index.change(followed, overtaken(opposite))
    }
  }
}

/** A step whose people are not sent, because a newer call says the opposite of them. */
export function overtaken(direction: Step['direction']): StepChange {
  const reason = direction === 'add' ? 'removed_as_well' : 'added_since'
  return { state: 'left_out', reason, advice: undefined, until: undefined }
}
