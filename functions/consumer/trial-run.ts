import type { Change } from '../../lib/audience/change.ts'
import type { Lot } from '../../lib/audience/lot.ts'
import type { Destination } from '../../lib/config/destinations-schema.ts'
import { toSend } from '../../lib/register/to-send.ts'
import type { Outcome } from '../../lib/retry/outcome.ts'
import type { Served } from '../../lib/retry/settle.ts'
import type { Modes } from '../../lib/track/message.ts'
import type { Report } from './report.ts'

/**
 * The destinations as they were when a message was received. Those of a trial run only count it, even if they send by now:
 * nothing is sent retroactively. `trialSince` are those that sent and have a trial run since: real traffic is not lost.
 */
export function asReceived(
  { real, trial = [] }: Modes,
  destinations: readonly Destination[],
): { destinations: Destination[]; trialSince: Destination[] } {
  const { now = [], since = [] } = Object.groupBy(destinations, ({ name, dryRun }) =>
    dryRun && (real?.includes(name) ?? true) ? 'since' : 'now',
  )
  return {
    destinations: now.map((each) => (trial.includes(each.name) ? { ...each, dryRun: true } : each)),
    trialSince: since,
  }
}

/** Lots that are sent, and those of destinations that have a trial run (`dryRun`). */
export function partedByTrial(lots: readonly Lot[]): { real: Lot[]; trial: Lot[] } {
  return {
    real: lots.filter(({ destination }) => !destination.dryRun),
    trial: lots.filter(({ destination }) => destination.dryRun),
  }
}

/**
 * The turn of an audience in a trial run: counts what would be sent of these rows, by the last word among them. It
 * needs no token and no head, and reads and writes nothing, so it cannot hold back a real destination.
 */
export function takeTrialTurn(audienceId: string, lots: readonly Lot[], report: Report): Served[] {
  const plans = toSend(lots, { add: [], remove: [] })
  report.overtaken(audienceId, lots, plans)
  report.wouldBeSent(audienceId, lots, plans)
  return lots.map((lot) => ({ lot, audienceId, add: [], remove: [] }))
}

/**
 * Rows of the retry queue or of a redriven dead letter. Real traffic brought them, before the trial run began, so they
 * are neither sent nor lost: they are dead letters, which can be redriven after the trial run.
 */
export function fromBeforeTrial(lot: Lot): Served[] {
  const notSent = (changes: readonly Change[]): Outcome[] => [{ kind: 'rejected', changes, reason: 'dry_run' }]
  return lot.audienceIds.map((audienceId) => ({
    lot,
    audienceId,
    add: notSent(lot.add),
    remove: notSent(lot.remove),
  }))
}
