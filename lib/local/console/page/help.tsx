import { useEffect, useRef } from 'preact/hooks'

const KEYS = [
  ['j, k', 'the next row, the one before'],
  ['h, l', 'the page of members before, the next one'],
  ['Enter', 'go to the details of the row'],
  ['Esc', 'close the details, or this window'],
  ['/', 'look for a call'],
  ['?', 'these keys'],
] as const

/** The keys of the page. */
export function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  // Where the focus was, it goes back to: the browser sees to that.
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">They rest while you type.</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  )
}
