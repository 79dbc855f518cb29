import type { ComponentChildren, RefObject } from 'preact'
import type { CallRecord, Step } from '../feed.ts'
import { CopyButton } from './copy-button.tsx'
import { count, cutMiddle, people, shortId, untilText } from './format.ts'
import { Mark } from './mark.tsx'
import { LeftOutTable, Warnings } from './call-notes.tsx'
import { Moment } from './moment.tsx'
import { hashOf } from './route.ts'
import { callSaid, stepSaid, verdictSaid } from './words.ts'

type Props = { call: CallRecord; now: number; heading: RefObject<HTMLHeadingElement | null>; close: () => void }

/** The path of a call, step by step, and who was left out of it. */
export function CallDetail({ call, now, heading, close }: Props) {
  const { name, type, source, messageId, receivedAt, status, users, steps } = call
  return (
    <section class="card detail" aria-labelledby="call-title">
      <div class="bar">
        <h2 id="call-title" ref={heading} tabIndex={-1}>
          {name || type}
        </h2>
        <Mark {...callSaid(call)} />
        <span class="space" />
        <button type="button" class="quiet" onClick={close} aria-keyshortcuts="Escape">
          Close
        </button>
      </div>
      <dl class="facts-list">
        <Row term="Type">{type}</Row>
        <Row term="Source">{source ?? 'unknown'}</Row>
        <Row term="People">
          {count(users.add)} to add, {count(users.remove)} to remove
        </Row>
        {messageId !== undefined && (
          <Row term="Message id">
            <MessageId id={messageId} />
          </Row>
        )}
      </dl>
      <h3>Its path</h3>
      <ol class="path">
        <li data-tone={verdictSaid(call).tone}>
          <p>
            <Mark {...verdictSaid(call)} /> <Moment at={receivedAt} />
            <span class="muted"> answered {status}</span>
          </p>
          {call.message !== undefined && (
            <p class={call.code === undefined ? 'muted' : 'why'}>
              {call.code !== undefined && <code>{call.code}</code>} {call.message}
            </p>
          )}
          <Warnings warnings={call.warnings ?? []} />
        </li>
        {steps.map((step) => (
          <StepItem
            key={`${step.destination} ${step.audience} ${step.direction} ${step.state}`}
            step={step}
            now={now}
          />
        ))}
      </ol>
      {call.verdict === 'accepted' && steps.length === 0 && call.message === undefined && (
        <p class="muted">Nothing has followed from it so far.</p>
      )}
      <LeftOutTable call={call} />
    </section>
  )
}

function MessageId({ id }: { id: string }) {
  // The stack has put a remark in its place.
  if (id.startsWith('(')) return <span class="muted">{id}</span>
  return (
    <>
      <code title={id}>{cutMiddle(id, 16, 8)}</code> <CopyButton text={id} what="the message id" />
    </>
  )
}

function Row({ term, children }: { term: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function StepItem({ step, now }: { step: Step; now: number }) {
  const { destination, audience, direction, people: number, state, reason, advice, until, request } = step
  return (
    <li data-tone={stepSaid(step).tone}>
      <p>
        <Mark {...stepSaid(step)} /> {number === 0 ? 'nobody' : people(number)}{' '}
        {direction === 'add' ? 'into' : 'out of'}{' '}
        <a href={hashOf({ view: 'audiences', audience, from: 0 })} title={audience}>
          audience <code>{shortId(audience)}</code>
        </a>{' '}
        <span class="muted">({destination})</span>
      </p>
      {reason !== undefined && (
        <p class="why">
          <code>{reason}</code> {advice}
        </p>
      )}
      {until !== undefined && state === 'waiting' && <p>{sentence(untilText(until, now))}</p>}
      {state === 'dead_letter' && (
        <p>
          <a href={hashOf({ view: 'dead-letters' })}>Send it again from the dead letters</a>
        </p>
      )}
      {request && (
        <p class="muted">
          In a request with {people(request.people)}, <Moment at={request.at} />, answered {request.status}
          {request.fbtraceId !== undefined && (
            <>
              {' '}
              <code title="fbtrace_id, which Meta's support asks for">{request.fbtraceId}</code>
            </>
          )}
        </p>
      )}
    </li>
  )
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
