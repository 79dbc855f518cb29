import { useEffect, useRef, useState } from 'preact/hooks'
import { ActionButton } from './action-button.tsx'
import { ask } from './ask.ts'
import type { Answered } from './ask.ts'
import { count } from './format.ts'
import { Said, useSaid } from './said.tsx'
import type { Seen } from './state.ts'

/** What one can do with the whole pipeline. What came of it stands beside the buttons. */
export function Actions({ seen }: { seen: Seen }) {
  const [said, say] = useSaid()
  const [isClearing, setClearing] = useState(false)
  const waits = seen.pipeline.audiences.some((audience) => audience.waits)
  return (
    <div class="actions">
      <Said said={said} />
      <ActionButton kind="primary" act={() => sendSample(1)} say={say}>
        Send the sample
      </ActionButton>
      <ActionButton act={() => sendSample(1000)} say={say}>
        Send 1,000 people
      </ActionButton>
      <ActionButton act={letGo} say={say} disabled={!waits}>
        Let what waits go
      </ActionButton>
      <button type="button" onClick={() => setClearing(true)}>
        Clear …
      </button>
      {isClearing && <ClearDialog say={say} close={() => setClearing(false)} />}
    </div>
  )
}

/** Sends made-up people, and says what ingest answered. */
export async function sendSample(people: 1 | 1000, list: 'add' | 'remove' = 'add'): Promise<Answered<string>> {
  const sent = await ask<{ status: number }>('POST', '/_local/console/sample', { people, list })
  if (!sent.ok) return sent
  const { status } = sent.value
  return status === 200
    ? { ok: true, value: `Sent ${people === 1 ? 'one person' : `${count(people)} people`}; ingest answered 200.` }
    : { ok: false, error: `Ingest answered ${status}; the call is in the list.` }
}

/** Lets everything that waits go at once. */
export async function letGo(): Promise<Answered<string>> {
  const released = await ask('POST', '/_local/retry', {})
  return released.ok ? { ok: true, value: 'What waits goes now.' } : released
}

function ClearDialog({ say, close }: { say: (said: Answered<string>) => void; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const clear = async (): Promise<Answered<string>> => {
    const cleared = await ask('POST', '/_local/console/clear', {})
    dialog.current?.close()
    return cleared.ok ? { ok: true, value: 'Cleared.' } : cleared
  }
  return (
    <dialog ref={dialog} aria-labelledby="clear-title" onClose={close}>
      <h2 id="clear-title">Clear the local stack?</h2>
      <p>The list of calls goes, and in the emulator all members, its log and its faults.</p>
      <p class="muted">Queues, dead letters and the register stay as they are.</p>
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <ActionButton kind="primary" act={clear} say={say}>
          Clear
        </ActionButton>
      </div>
    </dialog>
  )
}
