import type { CallRecord, ConsoleState, FeedEvent, PipelineState, SettingsPicture } from '../feed.ts'

/** More calls than these are not kept: the page stays as small as it is, however long it is open. */
export const MOST_CALLS = 500

/** What the page knows. */
export type Seen = {
  pipeline: PipelineState
  /** The newest first, at most MOST_CALLS. */
  calls: readonly CallRecord[]
  /** The highest id so far; a call that comes further and is no longer kept does not come back. */
  newestId: number
  settings: SettingsPicture
  /** When the page got the pipeline, on the browser's clock, ms since 1970. */
  asOf: number
}

/** What the page knows when it opens, or after it was away. */
export function opened({ pipeline, calls, settings }: ConsoleState, at: number): Seen {
  const newestFirst = calls.toSorted((a, b) => b.id - a.id).slice(0, MOST_CALLS)
  return { pipeline, calls: newestFirst, newestId: newestFirst[0]?.id ?? 0, settings, asOf: at }
}

/** What it knows after an event of the stream. */
export function fed(seen: Seen, event: FeedEvent, at: number): Seen {
  if ('pipeline' in event) return { ...seen, pipeline: event.pipeline, asOf: at }
  if ('cleared' in event) return { ...seen, calls: [] }
  const told = new Map(event.calls.map((call) => [call.id, call]))
  const known = seen.calls.map((call) => told.get(call.id) ?? call)
  const added = [...told.values()].filter(({ id }) => id > seen.newestId).sort((a, b) => b.id - a.id)
  return {
    ...seen,
    calls: [...added, ...known].slice(0, MOST_CALLS),
    newestId: added[0]?.id ?? seen.newestId,
  }
}

/** The time on the functions' clock, ms since 1970: what the pipeline said, and what has passed since. */
export function functionsNow({ pipeline, settings, asOf }: Seen, browserNow: number): number {
  return pipeline.now + Math.max(0, browserNow - asOf) / settings.timeScale
}
