import { byColumns } from '../../lib/audience/batch.ts'
import type { Batch } from '../../lib/audience/batch.ts'
import type { Change, Direction } from '../../lib/audience/change.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import { deliver } from '../../lib/retry/deliver.ts'
import { heldBack } from '../../lib/retry/outcome.ts'
import type { Outcome } from '../../lib/retry/outcome.ts'
import type { Held } from '../../lib/graph-api/obstacle.ts'
import { RESTING } from '../../lib/retry/search.ts'
import { enterSession } from '../../lib/session/upload-session.ts'
import type { PlaceInSession } from '../../lib/session/upload-session.ts'
import type { ToSend } from '../../lib/register/to-send.ts'
import type { SessionFields } from '../../lib/session/session-fields.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { reach } from './reach.ts'

/** The upload session of the rows of one direction, and the queue message that they came in. */
export type SessionBatch = { direction: Direction; fields: SessionFields; messageId: string }

/** Why a batch was sent without its session. */
export type NotInSession = Exclude<PlaceInSession, 'in'> | 'session_unknown' | 'session_refused'

/** The state of sending to one audience. */
type Sending = {
  outcomes: Outcome[]
  /** How many rows to send at once, if fewer than the settings allow. */
  atOnce?: number
  /** Why the rest of these rows is not sent now. */
  stopped?: Held
  /** When the last request without an answer was broken off, ms since 1970. */
  unansweredAt?: number
  notInSession?: NotInSession
}

/** What became of a lot's rows. */
type LotOutcomes = Record<Direction, Outcome[]> & Pick<Sending, 'atOnce' | 'notInSession'>

/**
 * Sends what is planned for one audience, lot by lot: all removals, then all adds. A person who came back since a
 * removal is added right after Meta took that removal. No request begins after `endsAt`. After a request without an
 * answer the audience rests, and only the same batch is sent again.
 */
export async function sendRows(
  audienceId: string,
  lots: readonly Lot[],
  plans: readonly ToSend[],
  endsAt: number,
  dependencies: ConsumerDependencies,
  session?: SessionBatch,
): Promise<{ sent: LotOutcomes[]; unansweredAt?: number }> {
  const sent = lots.map(({ atOnce }): LotOutcomes => ({ add: [], remove: [], ...(atOnce !== undefined && { atOnce }) }))
  let unansweredAt: number | undefined
  for (const direction of ['remove', 'add'] as const)
    for (const [index, { destination, schema }] of lots.entries()) {
      const { remove, add, ...known } = sent[index] ?? { add: [], remove: [] }
      const target = { destination, audienceId, direction, schema }
      const runs = [
        ...(direction === 'add' ? byColumns(target, cameBackBehind(remove)) : []),
        ...byColumns(
          { ...target, ...(session?.direction === direction && { session: session.fields }) },
          plans[index]?.[direction] ?? [],
        ),
      ]
      let sending: Sending = { ...known, outcomes: [], ...(unansweredAt !== undefined && { unansweredAt }) }
      for (const run of runs) sending = await sendRun(run, sending, endsAt, dependencies, session)
      unansweredAt = sending.unansweredAt
      const { atOnce, notInSession } = sending
      sent[index] = {
        remove,
        add,
        [direction]: sending.outcomes,
        ...(atOnce !== undefined && { atOnce }),
        ...(notInSession && { notInSession }),
      }
    }
  return { sent, ...(unansweredAt !== undefined && { unansweredAt }) }
}

function cameBackBehind(removals: readonly Outcome[]): Change[] {
  return removals.flatMap(({ kind, changes }) =>
    kind === 'delivered' ? changes.flatMap(({ behind }) => behind ?? []) : [],
  )
}

/** Sends rows with the same columns, one batch after the other, in their session as long as possible. */
async function sendRun(
  run: Batch,
  before: Sending,
  endsAt: number,
  dependencies: ConsumerDependencies,
  session: SessionBatch | undefined,
): Promise<Sending> {
  const { session: fields, ...outside } = run
  if (!fields || !session || run.changes.length === 0) return sendBatches(outside, before, endsAt, dependencies)
  const key = [run.audienceId, run.direction, fields.sessionId].join('#')
  const { uploadSessions, report, clock } = dependencies
  const entered = await reach(report, () => enterSession(uploadSessions, key, fields, session.messageId, clock()))
  const place = entered.ok ? entered.value : 'session_unknown'
  if (place !== 'in') return sendBatches(outside, { ...before, notInSession: place }, endsAt, dependencies)
  const after = await sendBatches(run, before, endsAt, dependencies)
  const refused = after.outcomes.filter(({ kind }) => kind === 'rejected')
  if (refused.length === 0) return after
  // Meta may have refused the session, for example because its id is in use elsewhere in the ad account.
  const changes = refused.flatMap((outcome) => outcome.changes)
  const others = after.outcomes.filter((outcome) => !refused.includes(outcome))
  const again = { ...after, outcomes: others, notInSession: 'session_refused' } as const
  return sendBatches({ ...outside, changes }, again, endsAt, dependencies)
}

/** Sends rows in as few requests as possible. */
async function sendBatches(
  run: Batch,
  before: Sending,
  endsAt: number,
  { delivery }: ConsumerDependencies,
): Promise<Sending> {
  const { atOnce, outcomes, ...known } = before
  const held = before.unansweredAt === undefined ? before.stopped : RESTING
  if (held) return { ...before, outcomes: [...outcomes, heldBack(run.changes, held)] }
  const delivered = await deliver(run, atOnce, endsAt, delivery)
  return { ...known, ...delivered, outcomes: [...outcomes, ...delivered.outcomes] }
}
