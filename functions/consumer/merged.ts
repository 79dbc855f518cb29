import type { SQSRecord } from 'aws-lambda'
import type { Change } from '../../lib/audience/change.ts'
import { joinLots } from '../../lib/audience/lot.ts'
import type { Lot, UserReport } from '../../lib/audience/lot.ts'
import type { Outcome } from '../../lib/retry/outcome.ts'
import type { Served } from '../../lib/retry/settle.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { readRecord } from './read-record.ts'
import { store } from './store.ts'
import type { Unusable } from './store.ts'
import { partedByTrial } from './trial-run.ts'
import { takeTurn } from './turn.ts'

/** How many audiences are served at once when there are many rows: each keeps a body of some megabytes in memory. */
const FULL_AUDIENCES_AT_ONCE = 4

/**
 * With at most so many rows, all audiences are served at once, so that waiting for one head delays no other audience.
 */
const FEW_ROWS = FULL_AUDIENCES_AT_ONCE * 10_000

/**
 * When so many rows and reports are in memory, about 300 bytes each, they are served before more are read.
 */
const MOST_ROWS = 250_000

/** The content of some messages, together. */
type Gathered = {
  records: SQSRecord[]
  lots: Lot[]
  reports: UserReport[]
  unusable: Unusable[]
  /** Rows that waited for a destination that has a trial run now. */
  notSent: Served[]
  /** Messages whose wait is not over yet. */
  early: { record: SQSRecord; seconds: number }[]
}

/**
 * Handles messages of the track, removal and retry queues, whose rows may be merged freely. All rows of an audience and
 * direction share as few requests as possible, whatever message they came in. Answers the ids of the messages that must
 * be delivered again.
 */
export async function handleMerged(
  records: readonly SQSRecord[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<string[]> {
  const failed: string[] = []
  for (const gathered of gather(records, dependencies)) {
    const { lots, reports, unusable, notSent, early } = gathered
    dependencies.report.users(reports)
    const [served] = await Promise.all([
      serveRealFirst(joinLots(lots), invocation, dependencies),
      ...early.map(async ({ record, seconds }) =>
        dependencies.report.hidden(await dependencies.hideInRetryQueue(record.receiptHandle, seconds)),
      ),
    ])
    const stored = await store([...served, ...notSent], unusable, invocation, dependencies)
    const again = stored ? early.map(({ record }) => record) : gathered.records
    failed.push(...again.map(({ messageId }) => messageId))
  }
  return failed
}

/**
 * Reads messages and hands them on in portions of as many rows as memory holds. One that is for many destinations may be in
 * several portions, and is delivered again when one of them fails.
 */
function* gather(records: readonly SQSRecord[], dependencies: ConsumerDependencies): Iterable<Gathered> {
  let gathered = nothingGathered()
  let rows = 0
  for (const record of records) {
    const { read, unusable, notSent = [], waitSeconds } = readRecord(record, dependencies)
    gathered.records.push(record)
    gathered.unusable.push(...unusable)
    gathered.notSent.push(...notSent)
    if (waitSeconds !== undefined) gathered.early.push({ record, seconds: waitSeconds })
    rows += rowsIn(notSent.map(({ lot }) => lot))
    for (const part of read) {
      gathered.lots.push(part.lot)
      for (const report of part.reports) gathered.reports.push(report)
      gathered.unusable.push(...part.unusable)
      rows += rowsIn([part.lot]) + part.reports.length
      if (rows < MOST_ROWS) continue
      yield gathered
      gathered = { ...nothingGathered(), records: [record] }
      rows = 0
    }
    if (rows < MOST_ROWS) continue
    yield gathered
    gathered = nothingGathered()
    rows = 0
  }
  if (gathered.records.length > 0) yield gathered
}

function nothingGathered(): Gathered {
  return { records: [], lots: [], reports: [], unusable: [], notSent: [], early: [] }
}

/** Trial runs come after everything real, so that they slow nothing down. */
async function serveRealFirst(
  lots: readonly Lot[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<Served[]> {
  const { real, trial } = partedByTrial(lots)
  const served = await serveAll(real, invocation, dependencies)
  return [...served, ...(await serveAll(trial, invocation, dependencies))]
}

/** Serves all audiences, some of them at once. If one fails unexpectedly, its rows wait and the others go on. */
async function serveAll(
  lots: readonly Lot[],
  invocation: Invocation,
  dependencies: ConsumerDependencies,
): Promise<Served[]> {
  const served: Served[] = []
  const audiences = inTurn(lots)
  const next = audiences.values()
  const lane = async () => {
    for (const [audienceId, ofAudience] of next)
      try {
        served.push(...(await takeTurn(audienceId, ofAudience, invocation, dependencies)))
      } catch (error) {
        const reason = error instanceof Error ? error.name : 'unknown'
        dependencies.log('error', 'unexpected_error', { audienceId, reason })
        served.push(...ofAudience.map((lot) => afterError(lot, audienceId)))
      }
  }
  const rows = audiences.reduce((sum, [, ofAudience]) => sum + rowsIn(ofAudience), 0)
  const lanes = rows <= FEW_ROWS ? audiences.length : FULL_AUDIENCES_AT_ONCE
  await Promise.all(Array.from({ length: lanes }, lane))
  return served
}

function rowsIn(lots: readonly Lot[]): number {
  return lots.reduce((sum, { add, remove }) => sum + add.length + remove.length, 0)
}

/**
 * The lots of each audience. Audiences with removals come first. Destinations take turns, so that a slow one does not
 * delay the others.
 */
function inTurn(lots: readonly Lot[]): [audienceId: string, lots: Lot[]][] {
  const lotsOf = new Map<string, Lot[]>()
  const places = new Map<string, number>()
  const seen = new Map<string, number>()
  for (const lot of lots)
    for (const audienceId of lot.audienceIds) {
      const known = lotsOf.get(audienceId)
      known?.push(lot)
      if (known) continue
      lotsOf.set(audienceId, [lot])
      const place = (seen.get(lot.destination.name) ?? 0) + 1
      seen.set(lot.destination.name, place)
      places.set(audienceId, place)
    }
  const hasRemovals = (ofAudience: readonly Lot[]) => Number(ofAudience.some(({ remove }) => remove.length > 0))
  return [...lotsOf].sort(
    ([one, ofOne], [other, ofOther]) =>
      hasRemovals(ofOther) - hasRemovals(ofOne) || (places.get(one) ?? 0) - (places.get(other) ?? 0),
  )
}

// This is a defect. The rows count as failed, so that they end in the dead letters and do not circulate for ever.
function afterError(lot: Lot, audienceId: string): Served {
  const failed = (changes: readonly Change[]): Outcome[] => [
    { kind: 'failed', changes, reason: 'unexpected_error', waitSeconds: 0, patience: 'setting' },
  ]
  return { lot, audienceId, add: failed(lot.add), remove: failed(lot.remove) }
}
