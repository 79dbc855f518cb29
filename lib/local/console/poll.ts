import { allAudiences } from '../../config/audience-mapping.ts'
import type { Destinations } from '../../config/destinations-schema.ts'
import type { QueueService } from '../../emulator/aws/queue-service.ts'
import type { LambdaFunction } from '../../emulator/lambda/function.ts'
import { timeOn } from '../../emulator/lambda/stack-clock.ts'
import type { StackClock } from '../../emulator/lambda/stack-clock.ts'
import { audienceNow } from '../../emulator/meta/emulator.ts'
import type { Emulator } from '../../emulator/meta/emulator.ts'
import type { Consumed } from '../release.ts'
import { withoutHash } from '../readable-line.ts'
import type { AudienceState, PipelineState } from './feed.ts'
import { followQueues } from './follow-queues.ts'
import type { Placed } from './follow-queues.ts'
import { deadLettersOf, placedRows, rolesOfQueues, waitsOf } from './pipeline-state.ts'
import { createContentReader } from './queue-contents.ts'
import type { Watch } from './watch.ts'

/** What of the running stack is looked at. `emulator` is undefined with another Graph API. */
export type Polled = {
  watch: Watch
  service: Pick<QueueService, 'states' | 'messages'>
  outputs: Readonly<Record<string, string>>
  functions: readonly { name: string; lambda: LambdaFunction }[]
  consumed: readonly Consumed[]
  emulator: Emulator | undefined
  settings: Destinations
  clock: StackClock
}

/** The pipeline is looked at four times a second at most, however many ask. */
const LEAST_MS = 250

/** Looks at the pipeline when it is asked to, and at no other time. What it finds in the queues is said of the calls. */
export function createPoll(polled: Polled): () => Promise<PipelineState> {
  const { watch, service, outputs, consumed, emulator, settings, clock } = polled
  const roles = rolesOfQueues(outputs)
  const contents = createContentReader(settings, () => timeOn(clock))
  const destinationsOf = new Map<string, string[]>()
  for (const destination of settings.destinations)
    for (const id of new Set(allAudiences(destination)))
      destinationsOf.set(id, [...(destinationsOf.get(id) ?? []), destination.name])
  let last: { at: number; state: Promise<PipelineState> } | undefined

  async function look(): Promise<PipelineState> {
    const states = await service.states()
    const queues = roles.map(({ name, role }) => {
      const { visible = 0, inFlight = 0, delayed = 0 } = states.find((each) => each.name === name) ?? {}
      return { name, role, visible, inFlight, delayed }
    })
    const stored = await Promise.all(
      queues
        .filter(({ role }) => role === 'retry' || role === 'session' || role === 'dead_letter')
        .map(async (queue) => ({
          queue,
          messages: queue.visible + queue.inFlight + queue.delayed === 0 ? [] : await service.messages(queue.name),
        })),
    )
    const handedBack = new Set(consumed.flatMap(({ mapping }) => mapping.handedBack()))
    const placed = placedRows(stored, { contents, handedBack, heard: watch.heard, clock })
    const now = timeOn(clock)
    followQueues(watch.index, {
      placed,
      isIdle: queues.every((each) => each.role === 'dead_letter' || each.visible + each.inFlight + each.delayed === 0),
      ...{ now, timeScale: clock.timeScale, erasedAt: watch.heard.erasedAt },
    })
    return {
      now,
      requests: {
        total: watch.requests.total(),
        lastMinute: watch.requests.lastMinute(),
        refused: watch.requests.refused(),
      },
      queues,
      functions: polled.functions.map(({ name, lambda }) => ({
        name: withoutHash(name),
        running: lambda.running(),
      })),
      graphCalls: {
        total: watch.graphCalls.total(),
        lastMinute: watch.graphCalls.lastMinute(),
        failed: watch.graphCalls.failed(),
      },
      faults: (emulator?.faults ?? []).map(({ name, audience, times }) => ({
        ...{ fault: name, times: times ?? 0 },
        ...(audience !== undefined && { audience }),
      })),
      register: { ...watch.register.counts() },
      audiences: [...destinationsOf].map(([id, destinations]) => audienceState(id, destinations, placed)),
      deadLetters: deadLettersOf(stored, settings),
    }
  }

  function audienceState(id: string, destinations: string[], placed: readonly Placed[]): AudienceState {
    const members = emulator === undefined ? 0 : (audienceNow(emulator, id)?.membership.members.size ?? 0)
    if (emulator) watch.noteSize(id, members)
    const waits = waitsOf(placed, id, clock)
    const last = watch.last(id)
    return {
      ...{ id, destinations, members },
      ...(waits && { waits }),
      ...(last && { last }),
      sizes: watch.sizesOf(id),
    }
  }

  return () => {
    const at = performance.now()
    if (!last || at - last.at >= LEAST_MS) last = { at, state: look() }
    return last.state
  }
}
