import { useState } from 'preact/hooks'
import { ActionButton } from './action-button.tsx'
import { sendSample } from './actions.tsx'
import type { Answered } from './ask.ts'

/** Sends the sample event, where a list is empty. What it leads to is seen in the list; what stands in its way is said. */
export function SampleButton() {
  const [said, say] = useState<Answered<string>>()
  return (
    <>
      <ActionButton kind="primary" act={() => sendSample(1)} say={say}>
        Send the sample
      </ActionButton>
      {said && !said.ok && (
        <p class="said" data-failed>
          {said.error}
        </p>
      )}
    </>
  )
}
