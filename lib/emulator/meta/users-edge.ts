import { acceptChange } from './audience.ts'
import type { Audience } from './audience.ts'
import { FAULTS } from './faults.ts'
import { GraphError } from './graph-error.ts'
import { membersLike } from './membership.ts'
import type { UserRow } from './membership.ts'
import { checkedPayload } from './payload.ts'
import { sessionBatch } from './session-parameter.ts'
import { serverSessionId, takeBatch } from './sessions.ts'
import type { Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'

/** What a change of users needs to know about the world. */
type Account = { id: string; sessions: Sessions; settings: Settings; now: number }

/**
 * `POST` and `DELETE /{audience}/users`. With a session of the caller's own `num_received` counts the session so far,
 * without one just this request; both are recorded. `num_invalid_entries` is always this request's (inferred).
 */
export function changeUsers(
  audience: Audience,
  method: 'POST' | 'DELETE',
  parameters: Record<string, unknown>,
  { id: accountId, sessions, settings, now }: Account,
) {
  if (!settings.termsAccepted) throw new GraphError(FAULTS['terms-not-accepted'].error)
  const batch =
    parameters.session === undefined ? undefined : sessionBatch(parameters.session, settings.requireLastBatchFlag)
  const { schema, received, invalid, invalidSamples, rows } = checkedPayload(parameters.payload, settings)
  if (method === 'DELETE') requireRemainingSize(audience, rows, settings.minimumSize)

  const upload = { audienceId: audience.id, method, schema, received, invalid }
  const taken = batch === undefined ? undefined : takeBatch(sessions, { ...batch, ...upload }, now, settings)
  if (taken?.isLate !== true) acceptChange(audience, method, rows, now, settings.delayMs)
  return {
    audience_id: audience.id,
    session_id: taken?.session.id ?? serverSessionId(accountId, method, schema, now),
    num_received: taken?.session.numReceived ?? received,
    num_invalid_entries: invalid,
    invalid_entry_samples: invalidSamples,
  }
}

function requireRemainingSize(audience: Audience, rows: readonly UserRow[], minimum: number): void {
  if (minimum === 0) return
  const leaving = new Set(rows.flatMap((row) => membersLike(audience.membership, row)))
  if (audience.membership.members.size - leaving.size < minimum)
    throw new GraphError(FAULTS['audience-too-small'].error)
}
