import { ActionButton } from './action-button.tsx'
import { letGo } from './actions.tsx'
import { EmptyState } from './empty-state.tsx'
import { people, untilText } from './format.ts'
import { Mark } from './mark.tsx'
import { hashOf } from './route.ts'
import { Said, useSaid } from './said.tsx'
import type { Seen } from './state.ts'

/** Who waits for which audience, why, and until when. */
export function WaitingView({ seen, now }: { seen: Seen; now: number }) {
  const [said, say] = useSaid()
  const waiting = seen.pipeline.audiences.flatMap(({ id, destinations, waits }) =>
    waits ? [{ id, destinations, ...waits }] : [],
  )
  return (
    <section class="card" aria-labelledby="waiting-title">
      <div class="bar">
        <h2 id="waiting-title">Waiting</h2>
        <span class="space" />
        <Said said={said} />
        {waiting.length > 0 && (
          <ActionButton kind="primary" act={letGo} say={say}>
            Let it go now
          </ActionButton>
        )}
      </div>
      {waiting.length === 0 ? (
        <EmptyState title="Nobody waits">
          <p>
            People whom Meta cannot take now wait in the retry queue: after a limit, an outage, or until a person mends
            a token or an audience. The reason and the time stand here then.
          </p>
          <p>
            <a href={hashOf({ view: 'faults' })}>Try it with one of Meta’s faults</a>
          </p>
        </EmptyState>
      ) : (
        <ul class="letters">
          {waiting.map(({ id, destinations, people: number, reason, advice, until }) => (
            <li key={id} data-tone="waiting">
              <div>
                <p>
                  <Mark tone="waiting" word={people(number)} /> {untilText(until, now)}
                </p>
                <p>
                  <code class="strong">{reason}</code> {advice}
                </p>
                <p class="muted">
                  for{' '}
                  <a href={hashOf({ view: 'audiences', audience: id, from: 0 })}>
                    audience <code>{id}</code>
                  </a>{' '}
                  of {destinations.join(', ')}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
