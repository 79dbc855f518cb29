import { acceptChange } from './audience.ts'
import type { Audience } from './audience.ts'
import { INTEGRITY_RESTRICTION } from './audience-state.ts'
import { FAULTS } from './faults.ts'
import { GraphError, unsupportedRequest } from './graph-error.ts'
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
  account: Account,
) {
  requireChangeable(audience)
  const valueBased = audience.state.isValueBased ?? account.settings.valueBased
  const change = checkedChange(parameters, { ...account, settings: { ...account.settings, valueBased } })
  if (method === 'DELETE') requireRemainingSize(audience, change.payload.rows, account.settings.minimumSize)
  return {
    audience_id: audience.id,
    ...takeChange({ id: audience.id, audiences: [audience], method }, change, account),
  }
}

/**
 * `DELETE /act_{id}/usersofanyaudience`: removes people from every customer list of the account. Source: Meta's customer
 * file guide, which says that its fields are those of the users edge, and no more. Inferred: its errors and its answer
 * are too, but no `audience_id`, since it names none, and no refusal because an audience would become too small.
 */
export function removeFromEveryAudience(
  audiences: readonly Audience[],
  parameters: Record<string, unknown>,
  account: Account,
) {
  const target = { id: `act_${account.id}`, audiences, method: 'DELETE' as const }
  return takeChange(target, checkedChange(parameters, account), account)
}

/** That 471 refuses changes is documented, that only customer lists take users too; how the latter is said is inferred. */
function requireChangeable({ id, state: { subtype, permission, operationStatus } }: Audience): void {
  if (permission !== 'write')
    throw new GraphError({
      ...FAULTS['permission-error'].error,
      message: `(#200) The current user can not update audience ${id}`,
    })
  if (subtype !== 'CUSTOM') throw unsupportedRequest('POST', id)
  if (operationStatus === INTEGRITY_RESTRICTION) throw new GraphError(FAULTS['audience-blocked'].error)
}

function checkedChange({ payload, session }: Record<string, unknown>, { settings }: Account) {
  if (!settings.termsAccepted) throw new GraphError(FAULTS['terms-not-accepted'].error)
  const batch = session === undefined ? undefined : sessionBatch(session, settings.requireLastBatchFlag)
  return { batch, payload: checkedPayload(payload, settings) }
}

function takeChange(
  { id, audiences, method }: { id: string; audiences: readonly Audience[]; method: 'POST' | 'DELETE' },
  { batch, payload }: ReturnType<typeof checkedChange>,
  { id: accountId, sessions, settings, now }: Account,
) {
  const { schema, received, invalid, invalidSamples, rows } = payload
  const upload = { audienceId: id, method, schema, received, invalid }
  const taken = batch === undefined ? undefined : takeBatch(sessions, { ...batch, ...upload }, now, settings)
  if (taken?.isLate !== true)
    for (const audience of audiences) acceptChange(audience, method, rows, now, settings.delayMs)
  return {
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
