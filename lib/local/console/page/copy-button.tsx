import { useState } from 'preact/hooks'

/** Copies a text, and says so. `what` completes its name for those who do not see where it stands: "Copy the message id". */
export function CopyButton({ text, what = '', label = 'Copy' }: { text: string; what?: string; label?: string }) {
  const [said, setSaid] = useState('')
  const copy = () =>
    navigator.clipboard
      .writeText(text)
      .then(
        () => setSaid('Copied'),
        () => setSaid('The browser did not allow it'),
      )
      .finally(() => setTimeout(() => setSaid(''), 2_000))
  return (
    <button type="button" class="quiet" aria-label={`${said || label} ${what}`.trim()} onClick={() => void copy()}>
      {said || label}
    </button>
  )
}
