import { counted, people } from './format.ts'
import type { Seen } from './state.ts'

/** What a screen reader says about all that came since: one sentence for each kind, or undefined for nothing. */
export function announcement(before: Seen, now: Seen): string | undefined {
  const calls = now.newestId - before.newestId
  const letters = deadLetters(now) - deadLetters(before)
  const said = [
    ...(calls > 0 ? [`${counted(calls, 'new call')}.`] : []),
    ...(letters > 0 ? [`${counted(letters, 'new dead letter')}.`] : []),
    ...now.pipeline.audiences.flatMap(({ id, waits }) => {
      const waited = before.pipeline.audiences.find((each) => each.id === id)?.waits
      if (waits && waits.reason !== waited?.reason)
        return [`${people(waits.people)} wait for audience ${id}: ${waits.reason}.`]
      return waited && !waits ? [`Nobody waits for audience ${id} any more.`] : []
    }),
  ]
  return said.length > 0 ? said.join(' ') : undefined
}

function deadLetters({ pipeline }: Seen): number {
  return pipeline.queues.reduce((sum, { role, visible }) => (role === 'dead_letter' ? sum + visible : sum), 0)
}
