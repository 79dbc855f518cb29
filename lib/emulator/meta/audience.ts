import { INITIAL_AUDIENCE_STATE } from './audience-state.ts'
import type { AudienceState } from './audience-state.ts'
import { addRow, emptyMembership, removeRow } from './membership.ts'
import type { Membership, UserRow } from './membership.ts'

/** A change that was accepted and waits until it shows. */
type PendingChange = { at: number; method: string; rows: readonly UserRow[] }

/** A custom audience: who is in it, and what was accepted but does not show yet. */
export type Audience = {
  id: string
  createdAt: number
  updatedAt: number
  isFilled: boolean
  membership: Membership
  pending: PendingChange[]
  state: AudienceState
}

/** A new audience. */
export function newAudience(id: string, now: number, state = INITIAL_AUDIENCE_STATE): Audience {
  return { id, createdAt: now, updatedAt: now, isFilled: false, membership: emptyMembership(), pending: [], state }
}

/** Accepts a change. Changes show in the order in which they came, even when a later one has the shorter delay. */
export function acceptChange(audience: Audience, method: string, rows: readonly UserRow[], now: number, delay: number) {
  const last = audience.pending.at(-1)?.at ?? 0
  audience.pending.push({ at: Math.max(now + delay, last), method, rows })
  applyDueChanges(audience, now)
}

/** Applies what is due. Called before every look at the audience, so that no timer is needed. */
export function applyDueChanges(audience: Audience, now: number): void {
  for (let due = audience.pending[0]; due !== undefined && due.at <= now; due = audience.pending[0]) {
    const apply = due.method === 'DELETE' ? removeRow : addRow
    for (const row of due.rows) apply(audience.membership, row)
    audience.isFilled = true
    audience.updatedAt = due.at
    audience.pending.shift()
  }
}
