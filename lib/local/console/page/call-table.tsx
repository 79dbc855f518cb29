import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { CallRecord } from '../feed.ts'
import { count } from './format.ts'
import { useSize } from './hooks.ts'
import { Mark } from './mark.tsx'
import { Moment } from './moment.tsx'
import { hashOf } from './route.ts'
import { visibleRows } from './visible-rows.ts'
import { callSaid } from './words.ts'
import type { CallFilter } from './words.ts'

/** In pixels, as the styles have it. */
export const ROW_HEIGHT = 44

type Props = {
  calls: readonly CallRecord[]
  chosenId: number | undefined
  filter: CallFilter
  scroller: RefObject<HTMLDivElement | null>
  /** Rows must not move while the pointer or the focus is among them, nor when the list is scrolled. */
  hold: (isHeld: boolean) => void
  /** How many have come since the list is held. */
  came: number
  /** Somebody has pressed Enter on a row. */
  entered: (id: number) => void
}

/** The rows of calls, of which only those in sight are built. */
export function CallTable({ calls, chosenId, filter, scroller, hold, came, entered }: Props) {
  const [scrollTop, setScrollTop] = useState(0)
  const [inner, { height }] = useSize<HTMLDivElement>()
  const { first, end, above, below } = visibleRows(calls.length, ROW_HEIGHT, scrollTop, height || 600)
  const [isInside, setInside] = useState(false)
  const isScrolled = scrollTop > 0
  useEffect(() => hold(isInside || isScrolled), [isInside, isScrolled])
  const isEntered = () => setInside(true)
  const isLeft = () => setInside(scroller.current?.matches(':hover, :focus-within') ?? false)
  return (
    <div
      class="scroller"
      ref={scroller}
      onScroll={({ currentTarget }) => setScrollTop(currentTarget.scrollTop)}
      onMouseEnter={isEntered}
      onMouseLeave={isLeft}
      onFocusIn={isEntered}
      onFocusOut={() => setTimeout(isLeft)}
    >
      {/* Among the rows, so that the way to it does not let go of them; it lies above them and moves none. */}
      {came > 0 && (
        <div class="news">
          <button
            type="button"
            onClick={() => {
              scroller.current?.scrollTo({ top: 0 })
              hold(false)
            }}
          >
            {count(came)} new: show
          </button>
        </div>
      )}
      <div class="window" ref={inner} aria-hidden="true" />
      <table class="calls" aria-rowcount={calls.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Call</th>
            <th scope="col">State</th>
            <th scope="col" class="right">
              People
            </th>
            <th scope="col" class="wide-only">
              Source
            </th>
            <th scope="col" class="right">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          <Spacer height={above} />
          {calls.slice(first, end).map((call, index) => (
            <CallRow
              key={call.id}
              call={call}
              filter={filter}
              rowIndex={first + index + 2}
              isChosen={call.id === chosenId}
              isFirst={first + index === 0}
              entered={entered}
            />
          ))}
          <Spacer height={below} />
        </tbody>
      </table>
    </div>
  )
}

type RowProps = { call: CallRecord; filter: CallFilter; rowIndex: number; isChosen: boolean; isFirst: boolean } & Pick<
  Props,
  'entered'
>

function CallRow({ call, filter, rowIndex, isChosen, isFirst, entered }: RowProps) {
  const { id, name, type, users, leftOutCount, source, receivedAt } = call
  return (
    <tr aria-rowindex={rowIndex} aria-selected={isChosen}>
      <th scope="row">
        {/* One stop for Tab; j and k go through the rows. */}
        <a
          href={hashOf({ view: 'calls', call: id, filter })}
          tabIndex={isChosen || isFirst ? 0 : -1}
          aria-current={isChosen ? 'true' : undefined}
          onKeyDown={({ key }) => key === 'Enter' && entered(id)}
        >
          {name || type}
        </a>
      </th>
      <td>
        <Mark {...callSaid(call)} />
        {leftOutCount > 0 && <span class="muted"> {count(leftOutCount)} left out</span>}
      </td>
      <td class="right number">{peopleText(users)}</td>
      <td class="wide-only muted">{source}</td>
      <td class="right">
        <Moment at={receivedAt} />
      </td>
    </tr>
  )
}

/** `+12 −1` */
function peopleText({ add, remove }: CallRecord['users']): string {
  return [...(add > 0 ? [`+${count(add)}`] : []), ...(remove > 0 ? [`−${count(remove)}`] : [])].join(' ')
}

function Spacer({ height }: { height: number }) {
  return height > 0 ? <tr aria-hidden="true" class="spacer" style={{ height: `${height}px` }} /> : null
}
