import type { ConsoleState, FeedEvent } from '../feed.ts'
import { ask } from './ask.ts'

/** `since`: the time of what the page shows, on the browser's clock, ms since 1970. */
export type Connection = { status: 'connecting' } | { status: 'live' } | { status: 'reconnecting'; since: number }

type Listener = {
  onState: (state: ConsoleState) => void
  onEvent: (event: FeedEvent) => void
  onConnection: (connection: Connection) => void
}

const EVENTS: readonly string[] = ['pipeline', 'calls', 'cleared']
const AGAIN_MS = 1_000

/** Listens to the stack for as long as the page is open. Each time that the stream opens, everything is fetched anew. */
export function connect({ onState, onEvent, onConnection }: Listener): void {
  onConnection({ status: 'connecting' })
  listen()

  function listen(): void {
    const stream = new EventSource('/_local/console/stream')
    // What comes before the whole state is there, is told after it.
    let early: FeedEvent[] | undefined = []
    const heard = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as FeedEvent
      if (early) early.push(event)
      else onEvent(event)
    }
    for (const name of EVENTS) stream.addEventListener(name, heard)
    stream.addEventListener('open', () => void fetchState())
    stream.addEventListener('error', () => again())

    async function fetchState(): Promise<void> {
      const state = await ask<ConsoleState>('GET', '/_local/console')
      if (stream.readyState === EventSource.CLOSED) return
      if (!state.ok) {
        again()
        return
      }
      onState(state.value)
      for (const event of early ?? []) onEvent(event)
      early = undefined
      onConnection({ status: 'live' })
    }

    // Own reconnecting: the browser gives up for good on some errors, and waits longer on others.
    function again(): void {
      if (stream.readyState !== EventSource.CLOSED) stream.close()
      onConnection({ status: 'reconnecting', since: Date.now() })
      setTimeout(listen, AGAIN_MS)
    }
  }
}
