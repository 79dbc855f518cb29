import type { AudienceState } from '../feed.ts'
import { count, counted, people, shortId, untilText } from './format.ts'
import { Mark } from './mark.tsx'
import { hashOf } from './route.ts'
import { stepPath } from './size-scale.ts'
import type { Sizes } from './size-scale.ts'

/** More audiences than these do not fit into the picture: those that wait come first, then the largest. */
const MOST_SHOWN = 4

type Props = { audiences: readonly AudienceState[]; hasEmulator: boolean; now: number }

/** The audiences at the end of the pipeline. */
export function AudienceNodes({ audiences, hasEmulator, now }: Props) {
  const urgent = audiences.toSorted(
    (a, b) => Number(Boolean(b.waits)) - Number(Boolean(a.waits)) || b.members - a.members,
  )
  const shown = audiences.length > MOST_SHOWN ? urgent.slice(0, MOST_SHOWN - 1) : audiences
  const more = audiences.length - shown.length
  return (
    <div class="audiences">
      {shown.map((audience) => (
        <AudienceNode key={audience.id} audience={audience} hasEmulator={hasEmulator} now={now} />
      ))}
      {more > 0 && (
        <a class="node more" href={hashOf({ view: 'audiences', from: 0 })}>
          and {counted(more, 'more audience')}
        </a>
      )}
      {audiences.length === 0 && (
        <a class="node more" href={hashOf({ view: 'settings' })}>
          No audience is in the settings.
        </a>
      )}
    </div>
  )
}

type NodeProps = { audience: AudienceState; hasEmulator: boolean; now: number }

function AudienceNode({ audience: { id, members, waits, last, sizes }, hasEmulator, now }: NodeProps) {
  const mark = waits
    ? ({ tone: 'waiting', word: 'waiting' } as const)
    : last
      ? ({ tone: 'ok', word: 'in step' } as const)
      : ({ tone: 'idle', word: 'untouched' } as const)
  return (
    <a
      class="node audience"
      href={hashOf({ view: 'audiences', audience: id, from: 0 })}
      data-tone={mark.tone}
      title={`Audience ${id}`}
    >
      <span class="node-title">
        Audience <code>{shortId(id)}</code>
      </span>{' '}
      <Mark {...mark} />{' '}
      {hasEmulator && (
        <span class="figure">
          <b class="number">{count(members)}</b> {members === 1 ? 'member' : 'members'}{' '}
        </span>
      )}
      {waits && (
        <span class="facts">
          <span class="fact why">
            {people(waits.people)}: {waits.reason}{' '}
          </span>
          <span class="fact">{untilText(waits.until, now)}</span>
        </span>
      )}
      {hasEmulator && <Spark sizes={sizes} />}
    </a>
  )
}

/** How the size went, as a shape without numbers: those are in the audience's own plot. */
function Spark({ sizes }: { sizes: Sizes }) {
  const [first, last] = [sizes[0], sizes.at(-1)]
  if (!first || !last || last[0] === first[0]) return null
  const top = Math.max(...sizes.map(([, members]) => members))
  if (top === 0) return null
  const line = stepPath(
    sizes.map(([at, members]) => [((at - first[0]) / (last[0] - first[0])) * 100, 29 - (members / top) * 26]),
  )
  return (
    <svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={`${line}V30H0Z`} />
      <path class="line" d={line} />
    </svg>
  )
}
