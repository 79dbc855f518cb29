import { toBatches } from '../../lib/audience/batch.ts'
import type { Batch } from '../../lib/audience/batch.ts'
import type { Change } from '../../lib/audience/change.ts'
import type { Deliver, Outcome } from '../../lib/graph-api/delivery.ts'
import type { Sent } from '../../lib/outcome.ts'
import { sendAdds, sendRemovals } from '../../lib/register/guard.ts'
import type { Invocation } from './dependencies.ts'

type Target = Omit<Batch, 'changes' | 'omit'>

/** Words that overtake each other are ever newer. After so many turns adds wait, but never a removal. */
const MOST_TURNS = 4

/**
 * Sends changes of one audience and direction, in as few requests as hold them, unless a word that another invocation
 * wrote into the register overtakes them. What then turns out to go the other way follows, outside a session.
 */
export async function sendChanges(
  target: Target,
  changes: readonly Change[],
  { deadline, register }: Invocation,
  deliver: Deliver,
): Promise<Sent> {
  const { destination, audienceId, schema } = target
  const sent: Record<'add' | 'remove', Outcome[]> = { add: [], remove: [] }
  let turn: { target: Target; changes: readonly Change[] } = { target, changes }
  for (let turns = 0; turn.changes.length > 0; turns += 1) {
    const { direction } = turn.target
    if (direction === 'add' && turns >= MOST_TURNS) {
      sent.add.push({ kind: 'waiting', changes: turn.changes, reason: 'behind_removal', waitSeconds: 0 })
      break
    }
    const common = turn.target
    const send = async (some: readonly Change[]) => {
      const outcomes: Outcome[] = []
      for (const batch of toBatches(common, some)) outcomes.push(...(await deliver(batch, deadline)))
      return outcomes
    }
    const other = { destination, audienceId, schema, direction: direction === 'add' ? 'remove' : 'add' } as const
    if (direction === 'add') {
      const { outcomes, removals } = await sendAdds(register, audienceId, turn.changes, send)
      sent.add.push(...outcomes)
      turn = { target: other, changes: removals }
    } else {
      const { outcomes, adds } = await sendRemovals(register, target, turn.changes, send)
      sent.remove.push(...outcomes)
      turn = { target: other, changes: adds }
    }
  }
  return { destination, audienceId, schema, ...sent }
}
