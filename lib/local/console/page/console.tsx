import { useEffect, useRef, useState } from 'preact/hooks'
import { Actions } from './actions.tsx'
import { announcement } from './announcement.ts'
import { AudiencesView } from './audiences.tsx'
import { CallsView } from './calls.tsx'
import { DeadLettersView } from './dead-letters.tsx'
import { EditorView } from './editor.tsx'
import { FaultsView } from './faults.tsx'
import { Header } from './header.tsx'
import { Help } from './help.tsx'
import { useKeys, useNow, useRoute } from './hooks.ts'
import { Pipeline } from './pipeline.tsx'
import { SettingsView } from './settings.tsx'
import type { Route } from './route.ts'
import { functionsNow } from './state.ts'
import type { Seen } from './state.ts'
import { Tabs } from './tabs.tsx'
import { WaitingView } from './waiting.tsx'
import { watch } from './watched.ts'
import type { Watched } from './watched.ts'

/** A screen reader hears about all that came in this time, in one go. */
const ANNOUNCE_MS = 4_000

/** The whole page. */
export function Console() {
  const [{ seen, connection }, setWatched] = useState<Watched>({
    seen: undefined,
    connection: { status: 'connecting' },
  })
  const [isHelpOpen, setHelpOpen] = useState(false)
  const route = useRoute()
  const waits = seen?.pipeline.audiences.some((audience) => audience.waits) ?? false
  const browserNow = useNow(waits)
  useEffect(() => watch(setWatched), [])
  useKeys({ '?': () => setHelpOpen(true) })
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>
        Skip to the list
      </a>
      <Header connection={connection} seen={seen} openHelp={() => setHelpOpen(true)} />
      {seen ? (
        <>
          <section class="picture" aria-labelledby="pipeline-title">
            <div class="bar">
              <h2 id="pipeline-title">Pipeline</h2>
              <Actions seen={seen} />
            </div>
            <Pipeline seen={seen} now={functionsNow(seen, browserNow)} />
          </section>
          <Tabs route={route} seen={seen} />
          <main id="main" tabIndex={-1}>
            <Open route={route} seen={seen} now={functionsNow(seen, browserNow)} />
          </main>
        </>
      ) : (
        <main id="main" class="opening" tabIndex={-1}>
          {connection.status === 'reconnecting' ? 'The stack does not answer. Is npm start running?' : 'Connecting …'}
        </main>
      )}
      <Announcer seen={seen} />
      {isHelpOpen && <Help close={() => setHelpOpen(false)} />}
    </>
  )
}

// The address holds the route, so the link must not change it.
function toMain(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function Open({ route, seen, now }: { route: Route; seen: Seen; now: number }) {
  switch (route.view) {
    case 'calls':
      return <CallsView route={route} seen={seen} now={now} />
    case 'waiting':
      return <WaitingView seen={seen} now={now} />
    case 'audiences':
      return <AudiencesView route={route} seen={seen} now={now} />
    case 'dead-letters':
      return <DeadLettersView seen={seen} />
    case 'faults':
      return <FaultsView seen={seen} />
    case 'editor':
      return <EditorView settings={seen.settings} />
    case 'settings':
      return <SettingsView settings={seen.settings} />
  }
}

function Announcer({ seen }: { seen: Seen | undefined }) {
  const latest = useRef(seen)
  latest.current = seen
  // What was there when the page opened is not news.
  const told = useRef(seen)
  told.current ??= seen
  const [said, setSaid] = useState('')
  useEffect(() => {
    const timer = setInterval(() => {
      const { current: now } = latest
      const news = now && told.current && announcement(told.current, now)
      if (news !== undefined) setSaid(news)
      told.current = now
    }, ANNOUNCE_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <div class="unseen" aria-live="polite">
      {said}
    </div>
  )
}
