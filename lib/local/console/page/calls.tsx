import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CallRecord } from '../feed.ts'
import { CallDetail } from './call-detail.tsx'
import { CallTable, ROW_HEIGHT } from './call-table.tsx'
import { EmptyState } from './empty-state.tsx'
import { asTheyAre, newSince } from './held-calls.ts'
import { go, useKeys } from './hooks.ts'
import { hashOf } from './route.ts'
import type { Route } from './route.ts'
import { SampleButton } from './sample-button.tsx'
import type { Seen } from './state.ts'
import { CALL_FILTERS, isCallFilter, isShown } from './words.ts'
import type { CallFilter } from './words.ts'

const CHOSEN_ROW = 'tr[aria-selected="true"] a'

type CallsRoute = Extract<Route, { view: 'calls' }>
type Props = { route: CallsRoute; seen: Seen; now: number }

/** The latest calls, and beside them the path of the one that is chosen. */
export function CallsView({ route, seen, now }: Props) {
  const [words, setWords] = useState('')
  const [held, setHeld] = useState<readonly CallRecord[]>()
  const search = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const detail = useRef<HTMLHeadingElement>(null)

  // Where the focus goes as soon as the page has come to that call.
  const wanted = useRef<{ id: number; place: 'row' | 'detail' }>(undefined)

  const { filter } = route
  const all = held ? asTheyAre(held, seen.calls) : seen.calls
  const shown = useMemo(() => all.filter((call) => isShown(call, filter, words)), [all, filter, words])
  const came = held
    ? newSince(
        held,
        seen.calls.filter((call) => isShown(call, filter, words)),
      )
    : 0
  const chosenId = route.call === 'latest' ? seen.calls[0]?.id : route.call
  const chosen = useKept(chosenId, [...all, ...seen.calls])
  // Keys may come faster than the page is drawn, so the row that is wanted counts.
  const position = () => shown.findIndex(({ id }) => id === (wanted.current?.id ?? chosenId))

  const choose = (index: number) => {
    const call = shown[Math.min(Math.max(0, index), shown.length - 1)]
    if (!call) return
    setHeld((old) => old ?? seen.calls)
    go(hashOf({ view: 'calls', call: call.id, filter }), { quietly: route.call !== undefined })
    intoSight(list.current, shown.indexOf(call))
    wanted.current = { id: call.id, place: 'row' }
  }
  const enter = (id: number) => {
    if (id === chosenId) detail.current?.focus()
    else wanted.current = { id, place: 'detail' }
  }
  const close = () => {
    list.current?.querySelector<HTMLElement>(CHOSEN_ROW)?.focus()
    go(hashOf({ view: 'calls', filter }))
  }
  useKeys({
    j: () => choose(position() + 1),
    k: () => choose(Math.max(0, position() - 1)),
    Enter: () => detail.current?.focus(),
    Escape: chosen && close,
    '/': () => search.current?.focus(),
  })
  useLayoutEffect(() => {
    if (!wanted.current || wanted.current.id !== chosenId) return
    const { place } = wanted.current
    const target = place === 'row' ? list.current?.querySelector<HTMLElement>(CHOSEN_ROW) : detail.current
    target?.focus({ preventScroll: place === 'row' })
    if (target) wanted.current = undefined
  })
  const hold = (isHeld: boolean) => setHeld((old) => (isHeld ? (old ?? seen.calls) : undefined))
  return (
    <div class="split" data-open={chosen !== undefined}>
      <section class="card list" aria-labelledby="calls-title">
        <div class="bar">
          <h2 id="calls-title">Latest calls</h2>
          <FilterFields {...{ search, words, setWords, filter }} />
        </div>
        {shown.length > 0 ? (
          <CallTable
            calls={shown}
            chosenId={chosenId}
            filter={filter}
            scroller={list}
            hold={hold}
            came={came}
            entered={enter}
          />
        ) : (
          <NoCalls isEmpty={all.length === 0} clear={() => setWords('')} />
        )}
      </section>
      {chosen ? (
        <CallDetail call={chosen} now={now} heading={detail} close={close} />
      ) : (
        <section class="card detail wide-only">
          <EmptyState title={chosenId === undefined ? 'No call is chosen' : 'This call is no longer kept'}>
            <p>
              {chosenId === undefined
                ? 'Choose one to see its path, step by step: who was left out and why, and the request that carried it.'
                : 'The page keeps the latest 500. Choose another one.'}
            </p>
          </EmptyState>
        </section>
      )}
    </div>
  )
}

/** The chosen call stays as it was last seen, when newer ones push it out of the list. */
function useKept(id: number | undefined, calls: readonly CallRecord[]): CallRecord | undefined {
  const kept = useRef<CallRecord | undefined>(undefined)
  const found = calls.find((call) => call.id === id)
  if (found || kept.current?.id !== id) kept.current = found
  return kept.current
}

type FieldProps = {
  search: RefObject<HTMLInputElement | null>
  words: string
  setWords: (words: string) => void
  filter: CallFilter
}

function FilterFields({ search, words, setWords, filter }: FieldProps) {
  useEffect(() => {
    const field = search.current
    const leave = (event: KeyboardEvent) => event.key === 'Escape' && field?.blur()
    field?.addEventListener('keydown', leave)
    return () => field?.removeEventListener('keydown', leave)
  }, [search])
  return (
    <div class="fields">
      <input
        ref={search}
        type="search"
        placeholder="Name, source, code or id"
        aria-label="Look for a call"
        aria-keyshortcuts="/"
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      <select
        aria-label="Which calls"
        value={filter}
        onChange={({ currentTarget: { value } }) =>
          isCallFilter(value) && go(hashOf({ view: 'calls', filter: value }), { quietly: true })
        }
      >
        {Object.entries(CALL_FILTERS).map(([name, word]) => (
          <option key={name} value={name}>
            {word}
          </option>
        ))}
      </select>
    </div>
  )
}

function NoCalls({ isEmpty, clear }: { isEmpty: boolean; clear: () => void }) {
  if (!isEmpty)
    return (
      <EmptyState title="No call is like that">
        <p>There are calls, and none that fits.</p>
        <button
          type="button"
          onClick={() => {
            clear()
            go(hashOf({ view: 'calls', filter: 'all' }))
          }}
        >
          Show all calls
        </button>
      </EmptyState>
    )
  return (
    <EmptyState title="No call has come yet">
      <p>
        Each call that reaches the stack stands here within a second, with what became of it. Send one to{' '}
        <code>{location.origin}/v1/track</code>, or the sample:
      </p>
      <SampleButton />
    </EmptyState>
  )
}

function intoSight(list: HTMLElement | null, index: number): void {
  if (!list) return
  const head = list.querySelector('thead')?.offsetHeight ?? 0
  const top = index * ROW_HEIGHT
  if (top < list.scrollTop) list.scrollTop = top
  if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight - head)
    list.scrollTop = top + ROW_HEIGHT - list.clientHeight + head
}
