import type { ConsoleState, FeedEvent } from '../feed.ts'
import { connect } from './connection.ts'
import type { Connection } from './connection.ts'
import { fed, opened } from './state.ts'
import type { Seen } from './state.ts'

/** What the page shows, and how fresh it is. */
export type Watched = { seen: Seen | undefined; connection: Connection }

const PAINT_MS = 250

/** Follows the stack and paints what it tells, at most four times a second. */
export function watch(paint: (watched: Watched) => void): void {
  let watched: Watched = { seen: undefined, connection: { status: 'connecting' } }
  let paintedAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const become = (next: Partial<Watched>) => {
    watched = { ...watched, ...next }
    timer ??= setTimeout(paintNow, Math.max(0, paintedAt + PAINT_MS - performance.now()))
  }
  const paintNow = () => {
    timer = undefined
    paintedAt = performance.now()
    paint(watched)
  }
  connect({
    onState: (state: ConsoleState) => become({ seen: opened(state, Date.now()) }),
    onEvent: (event: FeedEvent) => watched.seen && become({ seen: fed(watched.seen, event, Date.now()) }),
    onConnection: (connection) =>
      // The first moment without the stack is that of the data, however often it is tried again.
      become(
        connection.status === 'reconnecting' && watched.connection.status === 'reconnecting' ? {} : { connection },
      ),
  })
}
