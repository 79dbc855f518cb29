import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Answered } from './ask.ts'

type Props = {
  children: ComponentChildren
  /** Does it, and resolves with what to say about it. */
  act: () => Promise<Answered<string>>
  say: (said: Answered<string>) => void
  kind?: 'primary' | 'quiet'
  disabled?: boolean
  label?: string
}

/** A button that asks the stack for something. It rests until there is an answer. */
export function ActionButton({ children, act, say, kind, disabled = false, label }: Props) {
  const [isBusy, setBusy] = useState(false)
  const press = async () => {
    setBusy(true)
    say(await act())
    setBusy(false)
  }
  return (
    <button
      type="button"
      class={kind}
      disabled={disabled}
      aria-busy={isBusy}
      aria-label={label}
      onClick={() => isBusy || void press()}
    >
      {children}
    </button>
  )
}
