import type { ComponentChildren } from 'preact'
import type { AudienceState, PipelineState, QueueRole } from '../feed.ts'
import { AudienceNodes } from './audience-nodes.tsx'
import { Flow } from './flow.tsx'
import { count, counted, people, untilText } from './format.ts'
import { Mark } from './mark.tsx'
import { hashOf } from './route.ts'
import type { Route } from './route.ts'
import type { Seen } from './state.ts'
import type { Tone } from './words.ts'

const QUEUES = [
  ['track', 'Track queue'],
  ['removal', 'Removal queue'],
  ['session', 'Session queue'],
] as const

/** The pipeline as a picture: what is where, and what waits or fails, with why. Each part leads to its list. */
export function Pipeline({ seen, now }: { seen: Seen; now: number }) {
  const { requests, graphCalls, functions, register, faults } = seen.pipeline
  const running = (name: RegExp) =>
    functions.reduce((sum, each) => (name.test(each.name) ? sum + each.running : sum), 0)
  const planned = faults.reduce((sum, { times }) => sum + times, 0)
  const consuming = running(/consumer/i)
  const queued = QUEUES.reduce((sum, [role]) => sum + queueOf(seen.pipeline, role).inFlight, 0)
  return (
    <nav class="pipeline" aria-label="Pipeline">
      <Node
        area="requests"
        title="Requests"
        to={{ view: 'calls', filter: 'all' }}
        number={requests.total}
        mark={requests.lastMinute > 0 ? { tone: 'ok', word: 'receiving' } : { tone: 'idle', word: 'quiet' }}
      >
        <Fact number={requests.lastMinute} word="in the last minute" />
        <Fact number={requests.refused} word="refused" {...(requests.refused > 0 && { tone: 'failed' })} />
      </Node>
      <Flow area="to-queues" count={requests.total} />
      <div class="queues">
        {QUEUES.map(([role, title]) => (
          <QueueNode key={role} title={title} queue={queueOf(seen.pipeline, role)} />
        ))}
      </div>
      <Flow area="to-consumer" count={queued} />
      <Node
        area="consumer"
        title="Consumer"
        to={{ view: 'calls', filter: 'moving' }}
        number={consuming}
        unit="running"
        mark={consuming > 0 ? { tone: 'moving', word: 'working' } : { tone: 'idle', word: 'idle' }}
      >
        <Fact number={register.words} word={register.words === 1 ? 'word in the register' : 'words in the register'} />
        <Fact number={register.receipts} word={register.receipts === 1 ? 'receipt' : 'receipts'} />
      </Node>
      <Flow area="to-graph" count={graphCalls.total} />
      <Node
        area="graph"
        title="Graph API"
        to={{ view: 'faults' }}
        number={graphCalls.total}
        unit={graphCalls.total === 1 ? 'call' : 'calls'}
        mark={graphMark(graphCalls, planned)}
      >
        <Fact number={graphCalls.failed} word="failed" {...(graphCalls.failed > 0 && { tone: 'failed' })} />
        {planned > 0 ? (
          <span class="fact why" data-tone="waiting">
            {faults.map(({ fault, times }) => `${fault} ×${times}`).join(', ')}
          </span>
        ) : (
          <Fact number={graphCalls.lastMinute} word="in the last minute" />
        )}
      </Node>
      <Flow area="to-audiences" count={graphCalls.total - graphCalls.failed} />
      <AudienceNodes audiences={seen.pipeline.audiences} hasEmulator={seen.settings.hasEmulator} now={now} />
      <Flow area="to-retry" count={queueOf(seen.pipeline, 'retry').inFlight} both />
      <RetryNode pipeline={seen.pipeline} now={now} />
      <Flow area="to-dead" count={queueOf(seen.pipeline, 'dead_letter').visible} />
      <DeadLetterNode pipeline={seen.pipeline} />
    </nav>
  )
}

type NodeProps = {
  area: string
  title: string
  to: Route
  number: number
  unit?: string
  mark: { tone: Tone; word: string }
  children?: ComponentChildren
}

function Node({ area, title, to, number, unit, mark, children }: NodeProps) {
  return (
    <a class={`node ${area}`} href={hashOf(to)} data-tone={mark.tone}>
      <span class="node-title">{title}</span> <Mark {...mark} />{' '}
      <span class="figure">
        <b class="number">{count(number)}</b> {unit}
      </span>{' '}
      <span class="facts">{children}</span>
    </a>
  )
}

function Fact({ number, word, tone }: { number: number; word: string; tone?: Tone }) {
  return (
    <span class="fact" data-tone={tone}>
      <b class="number">{count(number)}</b> {word}{' '}
    </span>
  )
}

type Counts = { visible: number; inFlight: number; delayed: number }

function queueOf({ queues }: PipelineState, role: QueueRole): Counts {
  const own = queues.filter((queue) => queue.role === role)
  const sum = (key: keyof Counts) => own.reduce((total, queue) => total + queue[key], 0)
  return { visible: sum('visible'), inFlight: sum('inFlight'), delayed: sum('delayed') }
}

function QueueNode({ title, queue: { visible, inFlight, delayed } }: { title: string; queue: Counts }) {
  const mark =
    inFlight > 0
      ? ({ tone: 'moving', word: `${count(inFlight)} in flight` } as const)
      : ({ tone: 'idle', word: visible + delayed > 0 ? 'queued' : 'empty' } as const)
  return (
    <a class="node queue" href={hashOf({ view: 'calls', filter: 'moving' })} data-tone={mark.tone}>
      <span class="node-title">{title}</span>{' '}
      <span class="figure">
        <b class="number">{count(visible + delayed)}</b>
      </span>{' '}
      <Mark {...mark} />
    </a>
  )
}

function RetryNode({ pipeline, now }: { pipeline: PipelineState; now: number }) {
  const { visible, inFlight, delayed } = queueOf(pipeline, 'retry')
  const waits = pipeline.audiences.flatMap((audience) => audience.waits ?? [])
  const first = waits.toSorted((a, b) => a.until - b.until)[0]
  const number = visible + inFlight + delayed
  return (
    <Node
      area="retry"
      title="Retry queue"
      to={{ view: 'waiting' }}
      number={number}
      unit={number === 1 ? 'message' : 'messages'}
      mark={retryMark(number, first)}
    >
      {first && (
        <>
          <span class="fact why">
            {people(waits.reduce((sum, each) => sum + each.people, 0))}: {first.reason}{' '}
          </span>
          <span class="fact">{untilText(first.until, now)}</span>
        </>
      )}
      {!first && <span class="fact">{number > 0 ? 'Tried again just now.' : 'Nobody has to wait.'}</span>}
    </Node>
  )
}

/** A message that nobody waits in has been let go, or its time has come. */
function retryMark(messages: number, waits: AudienceState['waits']): { tone: Tone; word: string } {
  if (messages === 0) return { tone: 'idle', word: 'empty' }
  return waits ? { tone: 'waiting', word: 'waiting' } : { tone: 'moving', word: 'on its way' }
}

function DeadLetterNode({ pipeline }: { pipeline: PipelineState }) {
  const { visible, inFlight, delayed } = queueOf(pipeline, 'dead_letter')
  const number = visible + inFlight + delayed
  const reasons = [...new Set(pipeline.deadLetters.map(({ reason }) => reason))]
  const mark = number > 0 ? ({ tone: 'failed', word: 'failed' } as const) : ({ tone: 'idle', word: 'none' } as const)
  return (
    <Node area="dead" title="Dead letters" to={{ view: 'dead-letters' }} number={number} mark={mark}>
      <span class={number > 0 ? 'fact why' : 'fact'}>
        {number > 0 ? reasons.slice(0, 2).join(', ') : 'Nothing was given up.'}
        {reasons.length > 2 && ` and ${counted(reasons.length - 2, 'other reason')}`}
      </span>
    </Node>
  )
}

function graphMark(
  { total, failed }: { total: number; failed: number },
  planned: number,
): { tone: Tone; word: string } {
  if (planned > 0) return { tone: 'waiting', word: 'fault' }
  if (total === 0) return { tone: 'idle', word: 'quiet' }
  return failed === total ? { tone: 'failed', word: 'failing' } : { tone: 'ok', word: 'answering' }
}
