import { useState } from 'preact/hooks'
import type { Connection } from './connection.ts'
import { CopyButton } from './copy-button.tsx'
import { clockTime } from './format.ts'
import { Mark } from './mark.tsx'
import type { Seen } from './state.ts'

type Props = { connection: Connection; seen: Seen | undefined; openHelp: () => void }

/** Where this is, whether it is live, and how it looks. */
export function Header({ connection, seen, openHelp }: Props) {
  return (
    <header>
      <h1>
        <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M2 12h5m10 0h5" />
          <circle cx="12" cy="12" r="4.5" />
        </svg>
        facebook-audience-sync
      </h1>
      <span class="local">local stack</span>
      {seen && (
        <span class="address">
          <code>{location.origin}</code>
          <CopyButton text={location.origin} what="the address of the stack" />
        </span>
      )}
      <span class="space" />
      <span role="status" class="connection">
        <ConnectionMark connection={connection} />
      </span>
      <Themes />
      <button type="button" class="quiet" onClick={openHelp} aria-keyshortcuts="?">
        Keys <kbd aria-hidden="true">?</kbd>
      </button>
    </header>
  )
}

function ConnectionMark({ connection }: { connection: Connection }) {
  if (connection.status === 'live') return <Mark tone="ok" word="live" />
  if (connection.status === 'connecting') return <Mark tone="idle" word="connecting" />
  return <Mark tone="waiting" word={`reconnecting, data as of ${clockTime(connection.since)}`} />
}

const THEMES = { system: 'System', light: 'Light', dark: 'Dark' } as const

/** The page's own scheme, or that of the system. index.html reads the choice before the first paint. */
function Themes() {
  const [chosen, setChosen] = useState(document.documentElement.dataset.theme ?? 'system')
  const choose = (theme: string) => {
    setChosen(theme)
    if (theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
    localStorage.setItem('theme', theme)
  }
  return (
    <fieldset class="themes">
      <legend class="unseen">Colours</legend>
      {Object.entries(THEMES).map(([theme, word]) => (
        <label key={theme}>
          <input type="radio" name="theme" class="unseen" checked={chosen === theme} onChange={() => choose(theme)} />
          <span>{word}</span>
        </label>
      ))}
    </fieldset>
  )
}
