import { usersThatFit } from '../audience/batch.ts'
import type { Batch } from '../audience/batch.ts'
import type { Change } from '../audience/change.ts'
import type { Held } from '../graph-api/obstacle.ts'
import { OUT_OF_TIME, sendPart } from '../graph-api/send-part.ts'
import type { DeliveryDependencies } from '../graph-api/send-part.ts'
import { nextSize } from './at-once.ts'
import { failed, failedAlone, heldBack } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { RESTING, afterPart, nextPart, startSearch } from './search.ts'
import type { Search } from './search.ts'

/** What became of the rows for one audience and direction. */
type Delivered = {
  outcomes: Outcome[]
  /** How many rows to send at once the next time, if that is fewer than the settings allow. */
  atOnce?: number
} & Pick<Search, 'stopped' | 'unansweredAt'>

/**
 * Sends rows for one audience and direction, `mostAtOnce` in a request. No request begins after `endsAt` (ms since
 * 1970).
 * - A part that fails divisibly is halved, the first half first, until one bad row is alone. After that, fewer are sent
 *   at once.
 * - A part without an answer comes back smaller, after a rest.
 * - When the calls or the time run out, the other rows are held, and the next invocation goes on from there.
 * All changes come back in outcomes.
 */
export async function deliver(
  run: Batch,
  mostAtOnce: number | undefined,
  endsAt: number,
  dependencies: DeliveryDependencies,
): Promise<Delivered> {
  const { clock, random } = dependencies
  const fits = (changes: readonly Change[], most: number) => usersThatFit({ ...run, changes }, most)
  let search = startSearch(run.changes, mostAtOnce, run.session !== undefined)
  for (let part = nextPart(search, fits, random); part; part = nextPart(search, fits, random)) {
    if ('stop' in part) return delivered(search, part.stop, run)
    const { changes, attempts } = part
    const isProbing = search.failures > 0 && !search.somePassed
    const startedAt = clock()
    const sent = await sendPart({ ...run, changes }, { endsAt, attempts, isProbing }, dependencies)
    if (sent.kind === 'held') return delivered(search, sent.held, run)
    search = afterPart(search, part, sent, clock() - startedAt)
  }
  return delivered(search, undefined, run)
}

function delivered(search: Search, stop: Held | undefined, { changes, destination }: Batch): Delivered {
  const { rest, marked, somePassed, failure, alone, stopped, unansweredAt } = search
  // If the time ended before anything was settled, the next invocation begins with the part that would have been next.
  const isCutShort = (stop === OUT_OF_TIME || stop === RESTING) && search.outcomes.length + alone.length === 0
  const most = isCutShort ? nextSize(search.atOnce) : search.atOnce.most
  // If nothing passed, all tried rows have failed. If some passed, the tried rows are held behind the others.
  // Rows that failed alone before count as tried too: if they were held, they would come back at once for ever.
  const isTried = ({ singledOut }: Change) => singledOut === 'refused'
  const tried = [...rest.slice(0, search.tried), ...marked.filter(isTried)]
  const others = [...rest.slice(search.tried), ...marked.filter((change) => !isTried(change))]
  const left: Outcome[] = [
    ...(failure && !somePassed ? [failed(tried, failure, stop?.waitSeconds)] : []),
    ...(stop ? [heldBack(failure && !somePassed ? others : [...others, ...tried], stop)] : []),
  ]
  return {
    outcomes: [
      ...search.outcomes,
      ...alone.map((part) => failedAlone(part, { somePassed, isOnly: changes.length === 1 })),
      ...left.filter((outcome) => outcome.changes.length > 0),
    ],
    ...(most < destination.maxUserCount && { atOnce: most }),
    ...(stopped && { stopped }),
    ...(unansweredAt !== undefined && { unansweredAt }),
  }
}
