import type { Receipt } from '../../graph-api/receipt.ts'
import type { RowIndex } from './row-index.ts'

/**
 * Takes a receipt for the request that carried what was on its way, where nobody sees the requests themselves: with a Graph
 * API that is no emulator. A step that waits meanwhile comes with a later receipt.
 */
export function followReceipt(index: RowIndex, receipt: Receipt): void {
  const { audienceId, at, destination, direction, count, outcome, fbtraceId } = receipt
  if (outcome !== 'delivered') return
  const request = { at, people: count, status: 200, ...(fbtraceId !== undefined && { fbtraceId }) }
  for (const followed of index.followed()) {
    const { step, receivedAt } = followed
    const isMeant = step.audience === audienceId && step.destination === destination && step.direction === direction
    if (isMeant && step.state === 'queued' && receivedAt <= at) index.change(followed, { state: 'sent', request })
  }
}
