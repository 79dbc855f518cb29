import type { AudienceState } from '../feed.ts'
import { AudienceDetail } from './audience-detail.tsx'
import { EmptyState } from './empty-state.tsx'
import { count, people } from './format.ts'
import { go, useKeys } from './hooks.ts'
import { Mark } from './mark.tsx'
import { hashOf } from './route.ts'
import type { Route } from './route.ts'
import type { Seen } from './state.ts'
import { Sideways } from './sideways.tsx'

type Props = { route: Extract<Route, { view: 'audiences' }>; seen: Seen; now: number }

/** The audiences, and beside them the size and the members of the one that is chosen. */
export function AudiencesView({ route, seen, now }: Props) {
  const { audiences } = seen.pipeline
  const { hasEmulator } = seen.settings
  // With one audience there is nothing to choose.
  const id = route.audience ?? (audiences.length === 1 ? audiences[0]?.id : undefined)
  const position = audiences.findIndex((audience) => audience.id === id)
  const chosen = audiences[position]
  const close = () => go(hashOf({ view: 'audiences', from: 0 }))
  const choose = (index: number) => {
    const audience = audiences[Math.min(Math.max(0, index), audiences.length - 1)]
    if (audience) go(hashOf({ view: 'audiences', audience: audience.id, from: 0 }), { quietly: true })
  }
  useKeys({
    j: () => choose(position + 1),
    k: () => choose(position - 1),
    Enter: () => document.getElementById('audience-title')?.focus(),
    Escape: close,
  })
  return (
    <div class="split" data-open={route.audience !== undefined && chosen !== undefined}>
      <section class="card list" aria-labelledby="audiences-title">
        <div class="bar">
          <h2 id="audiences-title">Audiences</h2>
        </div>
        {audiences.length === 0 ? (
          <EmptyState title="The settings name no audience">
            <p>Give a destination an event with an audience; the settings say how.</p>
            <a href={hashOf({ view: 'settings' })}>Look at the settings</a>
          </EmptyState>
        ) : (
          <Sideways label="Audiences">
            <table class="plain rows">
              <thead>
                <tr>
                  <th scope="col">Audience</th>
                  <th scope="col">State</th>
                  {hasEmulator && (
                    <th scope="col" class="right">
                      Members
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {audiences.map((audience) => (
                  <AudienceRow
                    key={audience.id}
                    audience={audience}
                    isChosen={audience.id === id}
                    {...{ hasEmulator }}
                  />
                ))}
              </tbody>
            </table>
          </Sideways>
        )}
      </section>
      {chosen ? (
        <AudienceDetail key={chosen.id} audience={chosen} from={route.from} now={now} {...{ hasEmulator, close }} />
      ) : (
        <section class="card detail wide-only">
          <EmptyState
            title={route.audience === undefined ? 'No audience is chosen' : 'The settings have no such audience'}
          >
            <p>Choose one to see its size over time and its members, as Meta has them: hashes.</p>
          </EmptyState>
        </section>
      )}
    </div>
  )
}

type RowProps = { audience: AudienceState; isChosen: boolean; hasEmulator: boolean }

function AudienceRow({ audience: { id, destinations, members, waits, last }, isChosen, hasEmulator }: RowProps) {
  const mark = waits
    ? ({ tone: 'waiting', word: `${people(waits.people)} waiting` } as const)
    : last
      ? ({ tone: 'ok', word: 'in step' } as const)
      : ({ tone: 'idle', word: 'untouched' } as const)
  return (
    <tr aria-selected={isChosen}>
      <th scope="row">
        <a href={hashOf({ view: 'audiences', audience: id, from: 0 })} aria-current={isChosen ? 'true' : undefined}>
          <code>{id}</code>
        </a>
        <div class="muted">{destinations.join(', ')}</div>
      </th>
      <td>
        <Mark {...mark} />
      </td>
      {hasEmulator && <td class="right number">{count(members)}</td>}
    </tr>
  )
}
