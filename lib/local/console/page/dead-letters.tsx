import { ActionButton } from './action-button.tsx'
import { ask } from './ask.ts'
import type { Answered } from './ask.ts'
import { CopyButton } from './copy-button.tsx'
import { EmptyState } from './empty-state.tsx'
import { counted, cutMiddle, people } from './format.ts'
import { Said, useSaid } from './said.tsx'
import type { Seen } from './state.ts'

/** What was given up: why, what to do about it, and the button that sends it again. */
export function DeadLettersView({ seen }: { seen: Seen }) {
  const [said, say] = useSaid()
  const { deadLetters } = seen.pipeline
  return (
    <section class="card" aria-labelledby="dead-title">
      <div class="bar">
        <h2 id="dead-title">Dead letters</h2>
        <span class="space" />
        <Said said={said} />
        {deadLetters.length > 1 && (
          <ActionButton act={() => redrive({})} say={say}>
            Redrive all
          </ActionButton>
        )}
      </div>
      {deadLetters.length === 0 ? (
        <EmptyState title="There are no dead letters">
          <p>
            What Meta will never take, and what nobody mended in time, comes here with its reason. Nothing is lost: once
            the cause is mended, a redrive sends it again.
          </p>
        </EmptyState>
      ) : (
        <ul class="letters">
          {deadLetters.map(({ messageId, queue, reason, advice, destination, people: number }) => (
            <li key={messageId} data-tone="failed">
              <div>
                <p>
                  <code class="strong">{reason}</code> {people(number)}
                  {destination !== undefined && <span class="muted"> for {destination}</span>}
                </p>
                <p>{advice}</p>
                <p class="muted">
                  <code title={messageId}>{cutMiddle(messageId)}</code> in {queue}{' '}
                  <CopyButton text={messageId} what={`the id of message ${cutMiddle(messageId)}`} />
                </p>
              </div>
              <ActionButton
                kind="primary"
                act={() => redrive({ messageId })}
                say={say}
                label={`Redrive message ${cutMiddle(messageId)}`}
              >
                Redrive
              </ActionButton>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

async function redrive(which: { messageId?: string }): Promise<Answered<string>> {
  const answer = await ask<{ redriven: number }>('POST', '/_local/console/redrive', which)
  return answer.ok ? { ok: true, value: `${counted(answer.value.redriven, 'message')} sent again.` } : answer
}
