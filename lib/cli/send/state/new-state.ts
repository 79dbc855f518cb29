import { createHash, randomUUID } from 'node:crypto'
import { neededFields } from '../../../config/audience-mapping.ts'
import type { Plan } from '../plan.ts'
import { readAsOf } from '../rows/as-of.ts'
import type { SendOptions } from '../send-options.ts'
import type { GivenOptions } from './resume.ts'
import type { SendState } from './state-file.ts'

/** What this command was given, to be compared with what an interrupted one was. `now` is in ms since 1970. */
export function givenOptions({ stack, feed, file }: Plan, options: SendOptions, now: number): GivenOptions {
  const { event, list, session = false, map, ignore, asOf, timeColumn } = options
  return {
    ...{ target: stack.title, source: feed.source.name, event, list, session, map, ignore, timeColumn },
    asOf: asOf === undefined ? undefined : new Date(readAsOf(asOf, file.modifiedAt, now)).toISOString(),
  }
}

/** The state of a run that has sent nothing yet. `asOf` is undefined where a column says how old rows are. */
export function newState(plan: Plan, options: SendOptions, asOf: number | undefined, now: number): SendState {
  const { stack, feed, file, estimatedRows } = plan
  const { event, list, session = false, map, ignore, timeColumn } = options
  const at = new Date(now).toISOString()
  return {
    ...{ version: 1, run: randomUUID(), file: file.identity, columns: '' },
    estimatedTotal: Math.max(1, estimatedRows),
    options: {
      ...{ target: stack.title, source: feed.source.name, event, list, session, map, ignore },
      ...(asOf !== undefined && { asOf: new Date(asOf).toISOString() }),
      ...(timeColumn !== undefined && { timeColumn }),
    },
    ...{ position: file.start, sequence: 0, rows: 0, rejected: 0, leftOut: {}, blank: {}, findings: {} },
    ...{ sideFileBytes: 0, startedAt: at, updatedAt: at, doneAt: null },
  }
}

/** What the rows of a file become by the settings, as a hash: another one means that they would become something else. */
export function columnsHash({ file, feed, columns }: Plan, limits: object): string {
  const header = file.kind.format === 'csv' ? file.kind.header.map((name) => [name, columns(name)]) : []
  const what = [header, neededFields(feed.destinations), limits]
  return createHash('sha256').update(JSON.stringify(what)).digest('hex')
}
