import type { Change } from '../../lib/audience/change.ts'
import { readErasureMark } from '../../lib/audience/erasure-mark.ts'
import type { ErasureProgress } from '../../lib/erasure/record.ts'
import { heldBack } from '../../lib/retry/outcome.ts'
import type { Served } from '../../lib/retry/settle.ts'
import type { ConsumerDependencies, Invocation } from './dependencies.ts'
import { UNREACHABLE, reach } from './reach.ts'

/** The client has fifty connections. To wait for one counts as time of the request, so hundreds at once would all fail. */
const NOTES_AT_ONCE = 30

/** No note begins in the last seconds of an invocation. One takes seven at most, and then the rows must be stored. */
const RESERVE_MS = 15_000

/** What a turn leads to for one erasure, and the rows that tell it. */
type Note = { turn: Served; progress: ErasureProgress; rows: readonly Change[] }

/**
 * Records the erased people whom Meta has taken out, and those who came back meanwhile. A removal that cannot be recorded
 * waits and is sent once more, so that none is left without a record. When a record fails, so probably would those behind
 * it: they wait as well. Where Meta calls any row of a request invalid, nobody knows whether it was theirs.
 */
export async function withErasuresNoted(
  served: readonly Served[],
  { endsAt }: Invocation,
  dependencies: ConsumerDependencies,
): Promise<Served[]> {
  const { noteErasure, report, clock } = dependencies
  const known = await withUnnamedGivenUp(served, dependencies)
  const told = marksTold(known)
  const notes = known.flatMap((turn) => notesOf(turn, told.get(targetOf(turn)) ?? new Set()))
  const noted = new Set<Note>()
  const next = notes.values()
  const lane = async () => {
    for (const note of next) {
      if (clock() > endsAt - RESERVE_MS) return
      const { ok } = await reach(report, () => noteErasure(note.progress))
      if (!ok) return
      noted.add(note)
      report.erased(note.progress)
    }
  }
  await Promise.all(Array.from({ length: NOTES_AT_ONCE }, lane))
  const left = Map.groupBy(
    notes.filter((note) => !noted.has(note)),
    ({ turn }) => turn,
  )
  return known.map((turn) => withRowsHeld(turn, left.get(turn)?.flatMap(({ rows }) => rows) ?? []))
}

/**
 * A removal that was not sent, because a newer add stands, is of somebody who was taken off the list. But one whose
 * identifiers never were on it is of somebody whom the destination writes in another way since its settings have changed.
 * Then nobody knows whether they are in: it is given up.
 */
async function withUnnamedGivenUp(
  served: readonly Served[],
  { erased, report }: ConsumerDependencies,
): Promise<readonly Served[]> {
  const told = marksTold(served)
  const overtaken = new Map(served.map((turn) => [turn, overtakenIn(turn, told.get(targetOf(turn)))]))
  if (![...overtaken.values()].some((rows) => rows.length > 0)) return served
  const list = await reach(report, erased)
  return served.map((turn) => {
    const rows = overtaken.get(turn) ?? []
    if ('held' in turn || rows.length === 0) return turn
    if (!list.ok) return { ...turn, remove: [...turn.remove, heldBack(rows, UNREACHABLE)] }
    const changes = rows.filter(({ identifiers }) => !identifiers.some((each) => list.value?.(each, 'ever')))
    if (changes.length === 0) return turn
    return { ...turn, remove: [...turn.remove, { kind: 'rejected' as const, changes, reason: 'erasure_unnamed' }] }
  })
}

/** The removals of erased people that were not sent, because a newer add of them stands. */
function overtakenIn(turn: Served, told: ReadonlySet<string> = new Set()): readonly Change[] {
  if ('held' in turn || !turn.isWrittenDown) return []
  return turn.lot.remove.filter(({ erasure }) => erasure !== undefined && !told.has(erasure))
}

function targetOf({ lot, audienceId }: Served): string {
  return JSON.stringify([lot.destination.name, audienceId])
}

/** The marks of all removals with an outcome, by their destination and audience: rows of one lot may have several turns. */
function marksTold(served: readonly Served[]): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>()
  for (const turn of served) {
    if ('held' in turn) continue
    for (const { changes } of turn.remove)
      for (const { erasure } of changes) {
        if (erasure === undefined) continue
        const ofTarget = told.get(targetOf(turn)) ?? new Set()
        told.set(targetOf(turn), ofTarget.add(erasure))
      }
  }
  return told
}

function notesOf(turn: Served, told: ReadonlySet<string>): Note[] {
  if ('held' in turn || !turn.lot.remove.some(isOfErasure)) return []
  const { lot, audienceId, remove } = turn
  const left = remove.flatMap((each) =>
    each.kind === 'delivered' && each.received.numInvalid === 0 ? each.changes : [],
  )
  const rows = {
    done: Map.groupBy(left.filter(isOfErasure), idOf),
    takenBack: Map.groupBy(overtakenIn(turn, told), idOf),
  }
  return [...new Set([...rows.done.keys(), ...rows.takenBack.keys()])].map((id) => {
    const [done = [], takenBack = []] = [rows.done.get(id), rows.takenBack.get(id)]
    const about = { id, destination: lot.destination.name, audienceId }
    return {
      turn,
      rows: [...done, ...takenBack],
      progress: { ...about, done: placesOf(done), takenBack: placesOf(takenBack) },
    }
  })
}

function idOf({ erasure = '' }: Change): string {
  return readErasureMark(erasure).id
}

function isOfErasure({ erasure }: Change): boolean {
  return erasure !== undefined
}

function placesOf(rows: readonly Change[]): number[] {
  return [...new Set(rows.map(({ erasure = '' }) => readErasureMark(erasure).place))]
}

function withRowsHeld(turn: Served, rows: readonly Change[]): Served {
  if ('held' in turn || rows.length === 0) return turn
  const waiting = new Set(rows)
  const remove = turn.remove.map((each) => ({
    ...each,
    changes: each.changes.filter((change) => !waiting.has(change)),
  }))
  return { ...turn, remove: [...remove.filter(({ changes }) => changes.length > 0), heldBack(rows, UNREACHABLE)] }
}
