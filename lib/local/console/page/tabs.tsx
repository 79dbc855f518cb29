import { count } from './format.ts'
import { hashOf } from './route.ts'
import type { Route } from './route.ts'
import type { Seen } from './state.ts'

type Tab = { route: Route; word: string; number?: number; tone?: 'waiting' | 'failed' }

/** The parts of the page. */
export function Tabs({ route, seen: { pipeline, calls } }: { route: Route; seen: Seen }) {
  const waiting = pipeline.audiences.filter(({ waits }) => waits).length
  const letters = pipeline.queues.reduce((sum, { role, visible }) => (role === 'dead_letter' ? sum + visible : sum), 0)
  const faults = pipeline.faults.reduce((sum, { times }) => sum + times, 0)
  const tabs: Tab[] = [
    { route: { view: 'calls', filter: 'all' }, word: 'Calls', number: calls.length },
    { route: { view: 'waiting' }, word: 'Waiting', number: waiting, tone: 'waiting' },
    { route: { view: 'dead-letters' }, word: 'Dead letters', number: letters, tone: 'failed' },
    { route: { view: 'audiences', from: 0 }, word: 'Audiences', number: pipeline.audiences.length },
    { route: { view: 'faults' }, word: 'Faults', number: faults, tone: 'waiting' },
    { route: { view: 'editor' }, word: 'Try an event' },
    { route: { view: 'settings' }, word: 'Settings' },
  ]
  return (
    <nav class="tabs" aria-label="Parts of the console">
      {tabs.map((tab) => (
        <a key={tab.word} href={hashOf(tab.route)} aria-current={tab.route.view === route.view ? 'page' : undefined}>
          {tab.word}
          {tab.number !== undefined && tab.number > 0 && (
            <span class="badge" data-tone={tab.tone}>
              {count(tab.number)}
            </span>
          )}
        </a>
      ))}
    </nav>
  )
}
