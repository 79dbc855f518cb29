import { toBatches } from '../../lib/audience/batch.ts'
import type { Batch } from '../../lib/audience/batch.ts'
import type { Change } from '../../lib/audience/change.ts'
import type { Deliver, Outcome } from '../../lib/graph-api/delivery.ts'
import type { Sent } from '../../lib/outcome.ts'
import { sendAdds, sendRemovals } from '../../lib/register/guard.ts'
import type { Invocation } from './dependencies.ts'

/**
 * Sends changes of one audience and direction, in as few requests as hold them, unless a word that another invocation
 * wrote into the register overtakes them. Adds that a removal overtook lead to removals, which belong to no session.
 */
export async function sendChanges(
  { session, ...target }: Omit<Batch, 'changes' | 'omit'>,
  changes: readonly Change[],
  { deadline, register }: Invocation,
  deliver: Deliver,
): Promise<Sent> {
  const { destination, audienceId, schema, direction } = target
  const sendBatches = (common: Omit<Batch, 'changes' | 'omit'>) => async (some: readonly Change[]) => {
    const outcomes: Outcome[] = []
    for (const batch of toBatches(common, some)) outcomes.push(...(await deliver(batch, deadline)))
    return outcomes
  }
  const sent: Sent = { destination, audienceId, schema, add: [], remove: [] }
  const remove = async (removals: readonly Change[], common: Omit<Batch, 'changes' | 'omit'>) => {
    if (removals.length > 0) sent.remove = await sendRemovals(register, audienceId, removals, sendBatches(common))
  }
  const common = { ...target, ...(session && { session }) }
  if (direction === 'remove') {
    await remove(changes, common)
    return sent
  }
  const { outcomes, removals } = await sendAdds(register, audienceId, changes, sendBatches(common))
  sent.add = outcomes
  await remove(removals, { ...target, direction: 'remove' })
  return sent
}
