import type { AudienceState } from '../feed.ts'
import { CopyButton } from './copy-button.tsx'
import { count, people, untilText } from './format.ts'
import { Mark } from './mark.tsx'
import { Members } from './members.tsx'
import { Moment } from './moment.tsx'
import { SizePlot } from './size-plot.tsx'

type Props = { audience: AudienceState; from: number; now: number; hasEmulator: boolean; close: () => void }

/** One audience: why it waits if it does, its size over time, its members. */
export function AudienceDetail({ audience, from, now, hasEmulator, close }: Props) {
  const { id, destinations, members, waits, last, sizes } = audience
  return (
    <section class="card detail" aria-labelledby="audience-title">
      <div class="bar">
        <h2 id="audience-title" tabIndex={-1}>
          Audience <code>{id}</code>
        </h2>
        <CopyButton text={id} what="the audience's id" />
        <span class="space" />
        <button type="button" class="quiet narrow-only" onClick={close} aria-keyshortcuts="Escape">
          Close
        </button>
      </div>
      <dl class="facts-list">
        <div>
          <dt>Destinations</dt>
          <dd>{destinations.join(', ')}</dd>
        </div>
        <div>
          <dt>Last request</dt>
          <dd>
            {last ? (
              <>
                <Moment at={last.at} />, {people(last.people)}, {last.outcome}
              </>
            ) : (
              'none so far'
            )}
          </dd>
        </div>
      </dl>
      {waits && (
        <div class="notice" data-tone="waiting">
          <p>
            <Mark tone="waiting" word={`${people(waits.people)} waiting`} /> {untilText(waits.until, now)}
          </p>
          <p>
            <code>{waits.reason}</code> {waits.advice}
          </p>
        </div>
      )}
      {hasEmulator ? (
        <>
          <h3>
            Size <span class="muted number">{count(members)} now</span>
          </h3>
          <SizePlot sizes={sizes} />
          <Members audience={id} from={from} size={members} />
        </>
      ) : (
        <p class="muted">This stack uses a Graph API that is not the emulator, so nobody but Meta knows the members.</p>
      )}
    </section>
  )
}
