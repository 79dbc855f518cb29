import type { ServerResponse } from 'node:http'
import { OWN_HEADERS } from '../../emulator/gateway/own-endpoints.ts'
import type { CallRing } from './call-ring.ts'
import type { FeedEvent, PipelineState } from './feed.ts'

/** Each tick tells a page of the pipeline and of calls: four messages a second at most. */
const TICK_MS = 500
const HEARTBEAT_MS = 10_000
/** Calls of one message at most. The others follow with the next. */
const MOST_CALLS = 500
/** A page that has not taken so many bytes is cut off. It comes back, and asks for everything anew. */
const MOST_UNSENT_BYTES = 2 * 1024 * 1024

type Page = { response: ServerResponse; version: number; told: string; beatAt: number }

/** The pages that are open. */
export type Stream = {
  /** Tells a page what happens from now on, or since the message that it had last. */
  open: (response: ServerResponse, lastEventId: string | undefined) => void
  /** Tells all pages that everything was cleared. */
  cleared: () => void
  close: () => void
}

type Source = {
  ring: Pick<CallRing, 'since'>
  /** The version of the last change. */
  version: () => number
  pipeline: () => Promise<PipelineState>
  /** Differs from run to run, so that a page which has seen another stack is not taken for one of this. */
  run: string
}

/** Server-sent events for pages. Nothing is looked at while no page is open. */
export function createStream({ ring, version, pipeline, run }: Source): Stream {
  const pages = new Set<Page>()
  let timer: NodeJS.Timeout | undefined

  function send(page: Page, name: string, event: FeedEvent): void {
    write(page, `id: ${run}-${page.version}\nevent: ${name}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  function write(page: Page, text: string): void {
    page.response.write(text)
    page.beatAt = performance.now()
    if (page.response.writableLength <= MOST_UNSENT_BYTES) return
    pages.delete(page)
    page.response.destroy()
  }

  async function tick(): Promise<void> {
    const state = await pipeline()
    const told = JSON.stringify({ ...state, now: 0 })
    for (const page of pages) {
      const { calls, version: next } = ring.since(page.version, MOST_CALLS)
      page.version = next
      if (calls.length > 0) send(page, 'calls', { calls })
      if (told !== page.told) send(page, 'pipeline', { pipeline: state })
      page.told = told
      if (performance.now() - page.beatAt >= HEARTBEAT_MS) write(page, ': still here\n\n')
    }
  }

  function schedule(): void {
    if (timer !== undefined || pages.size === 0) return
    timer = setTimeout(() => {
      void tick()
        .catch(close)
        .finally(() => {
          timer = undefined
          schedule()
        })
    }, TICK_MS)
  }

  /** Pages come back by themselves, and find out whether there is still a stack. */
  function close(): void {
    clearTimeout(timer)
    for (const { response } of pages) response.destroy()
    pages.clear()
  }

  return {
    open(response, lastEventId) {
      response.writeHead(200, { 'content-type': 'text/event-stream', ...OWN_HEADERS })
      const [, seen] = new RegExp(`^${run}-(\\d+)$`).exec(lastEventId ?? '') ?? []
      const page = { response, version: seen === undefined ? version() : Number(seen), told: '', beatAt: 0 }
      pages.add(page)
      response.once('close', () => pages.delete(page))
      write(page, 'retry: 1000\n\n')
      schedule()
    },
    cleared() {
      for (const page of pages) {
        page.version = version()
        send(page, 'cleared', { cleared: true })
      }
    },
    close,
  }
}
