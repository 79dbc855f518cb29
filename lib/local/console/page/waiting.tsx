import { useState } from 'preact/hooks'
import { ActionButton } from './action-button.tsx'
import { letGo } from './actions.tsx'
import type { Answered } from './ask.ts'
import { EmptyState } from './empty-state.tsx'
import { count, untilText } from './format.ts'
import { hashOf } from './route.ts'
import type { Seen } from './state.ts'
import { Sideways } from './sideways.tsx'

/** Who waits for which audience, why, and until when. */
export function WaitingView({ seen, now }: { seen: Seen; now: number }) {
  const [said, say] = useState<Answered<string>>()
  const waiting = seen.pipeline.audiences.flatMap(({ id, destinations, waits }) =>
    waits ? [{ id, destinations, ...waits }] : [],
  )
  return (
    <section class="card" aria-labelledby="waiting-title">
      <div class="bar">
        <h2 id="waiting-title">Waiting</h2>
        <span class="space" />
        <output class="said" data-failed={said?.ok === false}>
          {said && (said.ok ? said.value : said.error)}
        </output>
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
        <Sideways label="Waiting people">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Audience</th>
                <th scope="col" class="right">
                  People
                </th>
                <th scope="col">Why</th>
                <th scope="col">Goes</th>
              </tr>
            </thead>
            <tbody>
              {waiting.map(({ id, destinations, people, reason, advice, until }) => (
                <tr key={id}>
                  <th scope="row">
                    <a href={hashOf({ view: 'audiences', audience: id, from: 0 })}>
                      <code>{id}</code>
                    </a>
                    <div class="muted">{destinations.join(', ')}</div>
                  </th>
                  <td class="right number">{count(people)}</td>
                  <td>
                    <code>{reason}</code> <div class="muted">{advice}</div>
                  </td>
                  <td class="number">{untilText(until, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      )}
    </section>
  )
}
