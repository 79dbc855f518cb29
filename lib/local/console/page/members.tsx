import { useEffect, useState } from 'preact/hooks'
import { ask } from './ask.ts'
import type { Answered } from './ask.ts'
import { CopyButton } from './copy-button.tsx'
import { EmptyState } from './empty-state.tsx'
import { count, cutMiddle } from './format.ts'
import { go, useKeys } from './hooks.ts'
import { hashOf } from './route.ts'
import { SampleButton } from './sample-button.tsx'
import { Sideways } from './sideways.tsx'

const PAGE = 100
/** A size that changes all the time asks for members no more often than this. */
const SETTLE_MS = 500

type Page = { total: number; members: Record<string, string>[] }

/** The members of an audience, a page at a time, as Meta has them. */
export function Members({ audience, from, size }: { audience: string; from: number; size: number }) {
  const [answer, setAnswer] = useState<Answered<Page>>()
  useEffect(() => {
    const aborted = new AbortController()
    const path = `/_local/console/audiences/${encodeURIComponent(audience)}/members?from=${from}&count=${PAGE}`
    const read = async () => {
      const page = await ask<Page>('GET', path, undefined, aborted.signal)
      if (!aborted.signal.aborted) setAnswer(page)
    }
    const timer = setTimeout(() => void read(), answer ? SETTLE_MS : 0)
    return () => {
      clearTimeout(timer)
      aborted.abort()
    }
  }, [audience, from, size])
  const total = answer?.ok ? answer.value.total : size
  const turn = (to: number) => go(hashOf({ view: 'audiences', audience, from: to }), { quietly: true })
  const before = from > 0 ? () => turn(Math.max(0, from - PAGE)) : undefined
  const next = from + PAGE < total ? () => turn(from + PAGE) : undefined
  useKeys({ h: before, l: next })

  if (answer?.ok === false)
    return (
      <p class="said" data-failed>
        {answer.error}
      </p>
    )
  if (!answer) return <p class="muted">Reading the members …</p>
  const { members } = answer.value
  if (total === 0)
    return (
      <EmptyState title="It has no members yet">
        <p>Whom Meta has taken in stands here, as hashes.</p>
        <SampleButton />
      </EmptyState>
    )
  const fields = [...new Set(members.flatMap((member) => Object.keys(member)))]
  return (
    <>
      <div class="bar">
        <h3>Members</h3>
        <span class="space" />
        <span class="muted number">
          {members.length === 0 ? 'none' : `${count(from + 1)} to ${count(from + members.length)}`} of {count(total)}
        </span>
        <button type="button" class="quiet" disabled={!before} onClick={before} aria-keyshortcuts="h">
          Before
        </button>
        <button type="button" class="quiet" disabled={!next} onClick={next} aria-keyshortcuts="l">
          Next
        </button>
      </div>
      <Sideways label="Members" name="members">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col" class="right">
                No.
              </th>
              {fields.map((field) => (
                <th key={field} scope="col">
                  {field}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {members.map((member, index) => (
              <tr key={from + index}>
                <td class="right number muted">{count(from + index + 1)}</td>
                {fields.map((field) => (
                  <td key={field}>
                    <Hash value={member[field] ?? ''} name={`${field} of member ${from + index + 1}`} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
    </>
  )
}

function Hash({ value, name }: { value: string; name: string }) {
  if (value === '') return <span class="faint">blank</span>
  return (
    <span class="hash">
      <code title={value}>{cutMiddle(value, 12, 6)}</code> <CopyButton text={value} what={name} />
    </span>
  )
}
