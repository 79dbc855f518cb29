import { useEffect, useState } from 'preact/hooks'
import type { FaultChoice } from '../feed.ts'
import { ActionButton } from './action-button.tsx'
import { ask } from './ask.ts'
import type { Answered } from './ask.ts'
import { EmptyState } from './empty-state.tsx'
import { counted } from './format.ts'
import { Mark } from './mark.tsx'
import { Said, useSaid } from './said.tsx'
import type { Seen } from './state.ts'

/** What can go wrong at Meta, each to be tried at once. */
export function FaultsView({ seen }: { seen: Seen }) {
  const [choices, setChoices] = useState<Answered<{ faults: FaultChoice[] }>>()
  const [said, say] = useSaid()
  const [times, setTimes] = useState(1)
  const [audience, setAudience] = useState('')
  const [words, setWords] = useState('')
  const { hasEmulator, graphUrl } = seen.settings
  useEffect(() => {
    if (hasEmulator) void ask<{ faults: FaultChoice[] }>('GET', '/_local/console/faults').then(setChoices)
  }, [hasEmulator])
  if (!hasEmulator)
    return (
      <section class="card">
        <EmptyState title="This Graph API takes no faults">
          <p>
            The stack uses <code>{graphUrl}</code>. Without <code>GRAPH_API_URL</code> it uses the emulator, which fails
            as Meta does whenever you ask it to.
          </p>
        </EmptyState>
      </section>
    )
  const plan = async (fault: string): Promise<Answered<string>> => {
    const planned = await ask('POST', '/_local/console/faults', { fault, times, ...(audience !== '' && { audience }) })
    if (!planned.ok) return planned
    return { ok: true, value: `${fault}: the next ${times === 1 ? 'request fails' : `${times} requests fail`} so.` }
  }
  const shown = choices?.ok
    ? choices.value.faults.filter(({ fault, about }) => `${fault} ${about}`.toLowerCase().includes(words.toLowerCase()))
    : []
  return (
    <section class="card" aria-labelledby="faults-title">
      <div class="bar">
        <h2 id="faults-title">Meta’s faults</h2>
        <span class="space" />
        <Said said={said} />
      </div>
      <Planned seen={seen} say={say} />
      <div class="fields">
        <input
          type="search"
          placeholder="Look for a fault"
          aria-label="Look for a fault"
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
        <label>
          for the next{' '}
          <select value={times} onChange={({ currentTarget }) => setTimes(Number(currentTarget.value))}>
            {[1, 2, 3, 5, 10, 100].map((number) => (
              <option key={number} value={number}>
                {counted(number, 'request')}
              </option>
            ))}
          </select>
        </label>
        <label>
          to{' '}
          <select value={audience} onChange={({ currentTarget }) => setAudience(currentTarget.value)}>
            <option value="">any audience</option>
            {seen.pipeline.audiences.map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </label>
      </div>
      {choices?.ok === false && (
        <p class="said" data-failed>
          {choices.error}
        </p>
      )}
      <ul class="faults">
        {shown.map(({ fault, about }) => (
          <li key={fault}>
            <div>
              <code class="strong">{fault}</code>
              <p class="muted">{about}</p>
            </div>
            <ActionButton act={() => plan(fault)} say={say} label={`Inject ${fault}`}>
              Inject
            </ActionButton>
          </li>
        ))}
      </ul>
      {choices?.ok && shown.length === 0 && <p class="muted">No fault is called that.</p>}
    </section>
  )
}

function Planned({ seen, say }: { seen: Seen; say: (said: Answered<string>) => void }) {
  const { faults } = seen.pipeline
  if (faults.length === 0)
    return <p class="muted">Choose one, send the sample, and watch who waits, why, and how it recovers.</p>
  const forget = async (): Promise<Answered<string>> => {
    const removed = await ask('DELETE', '/_local/console/faults')
    return removed.ok ? { ok: true, value: 'No fault is planned any more.' } : removed
  }
  return (
    <div class="notice" data-tone="waiting">
      <Mark tone="waiting" word="planned" />
      <ul class="inline">
        {faults.map(({ fault, audience, times }) => (
          <li key={`${fault} ${audience ?? ''}`}>
            <code>{fault}</code> for {counted(times, 'request')}
            {audience !== undefined && ` to ${audience}`}
          </li>
        ))}
      </ul>
      <span class="space" />
      <ActionButton act={forget} say={say}>
        Take them back
      </ActionButton>
    </div>
  )
}
