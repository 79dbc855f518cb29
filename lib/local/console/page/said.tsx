import { useEffect, useState } from 'preact/hooks'
import type { Answered } from './ask.ts'

/** Good news needs no longer to be read. A failure is to be acted on. */
const SHOWN_MS = { ok: 8_000, failed: 60_000 }

type Say = (said: Answered<string> | undefined) => void

/** What a button led to, and how to say it. It goes by itself after a while. */
export function useSaid(): [Answered<string> | undefined, Say] {
  const [said, say] = useState<Answered<string>>()
  useEffect(() => {
    if (!said) return undefined
    const timer = setTimeout(() => say(undefined), said.ok ? SHOWN_MS.ok : SHOWN_MS.failed)
    return () => clearTimeout(timer)
  }, [said])
  return [said, say]
}

/** What a button led to, for eyes and for screen readers. */
export function Said({ said, name = '' }: { said: Answered<string> | undefined; name?: string }) {
  return (
    <output class={`said ${name}`} data-failed={said?.ok === false}>
      {said && (said.ok ? said.value : said.error)}
    </output>
  )
}
