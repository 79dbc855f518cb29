import type { TrackedStep } from './call-steps.ts'
import type { Step } from './feed.ts'

/** So many rows are followed; beyond, the oldest step is left as it is. */
const MOST_ROWS = 50_000

type Row = { identifiers: readonly string[]; of: Followed }

/** A step on its way, and those of its rows that are still to come. `version` grows with each change of any step. */
export type Followed = { step: Step; at: number; receivedAt: number; left: Set<Row>; version: number }

/** What is new about a step; undefined for what is over. */
export type StepChange = { [Name in keyof Step]?: Step[Name] | undefined }

/** Rows on their way, found by audience, direction and what names their person. */
export type RowIndex = {
  follow: (tracked: TrackedStep, receivedAt: number) => Followed
  forget: (followed: Followed) => void
  /** The row has arrived: it is no longer on its way, and nothing is found by it. */
  takeOff: (row: Row) => void
  find: (audience: string, direction: Step['direction'], identifiers: readonly string[]) => readonly Row[]
  /** The oldest first. */
  followed: () => Iterable<Followed>
  /** Changes a step, and says so by its version. Nothing happens where it is so already. */
  change: (followed: Followed, change: StepChange) => void
  /** The version of the last change. */
  version: () => number
  /** The next version, for a change of something else. */
  nextVersion: () => number
}

export function createRowIndex(): RowIndex {
  const rows = new Map<string, Row[]>()
  const all = new Set<Followed>()
  let count = 0
  let version = 0
  const keyOf = ({ audience, direction }: Pick<Step, 'audience' | 'direction'>, identifier: string) =>
    `${audience} ${direction} ${identifier}`
  const nextVersion = () => (version += 1)

  function forget(followed: Followed): void {
    if (!all.delete(followed)) return
    for (const row of followed.left) takeOff(row)
  }

  function takeOff(row: Row): void {
    const { identifiers, of: followed } = row
    if (!followed.left.delete(row)) return
    count -= 1
    for (const identifier of identifiers) {
      const key = keyOf(followed.step, identifier)
      const others = (rows.get(key) ?? []).filter((each) => each !== row)
      if (others.length > 0) rows.set(key, others)
      else rows.delete(key)
    }
  }

  return {
    follow: ({ step, at, rows: given }, receivedAt) => {
      const followed: Followed = { step, at, receivedAt, left: new Set(), version: nextVersion() }
      if (step.state !== 'queued') return followed
      all.add(followed)
      for (const identifiers of given) {
        const row = { identifiers, of: followed }
        followed.left.add(row)
        count += 1
        for (const identifier of identifiers) {
          const key = keyOf(step, identifier)
          const others = rows.get(key)
          if (others) others.push(row)
          else rows.set(key, [row])
        }
      }
      for (const oldest of all) {
        if (count <= MOST_ROWS) break
        forget(oldest)
      }
      return followed
    },
    forget,
    takeOff,
    find: (audience, direction, identifiers) => [
      ...new Set(identifiers.flatMap((identifier) => rows.get(keyOf({ audience, direction }, identifier)) ?? [])),
    ],
    followed: () => all,
    change: (followed, change) => {
      const { step } = followed
      const isNews = Object.entries(change).some(([name, value]) => step[name as keyof Step] !== value)
      if (!isNews) return
      Object.assign(step, change)
      // In JSON what is undefined is not there; here it is taken away, so that a step looks the same to all.
      if (step.reason === undefined) delete step.reason
      if (step.advice === undefined) delete step.advice
      if (step.until === undefined) delete step.until
      followed.version = nextVersion()
    },
    version: () => version,
    nextVersion,
  }
}
