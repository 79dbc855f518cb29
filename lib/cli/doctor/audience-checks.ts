import type { Destination } from '../../config/destinations-schema.ts'
import type { CallGraph } from '../../graph-api/call.ts'
import { CUSTOMER_LIST } from '../../graph-api/custom-audience.ts'
import type { CustomAudience } from '../../graph-api/custom-audience.ts'
import { openSessions } from '../../graph-api/upload-sessions.ts'
import { audienceState, sizeText } from '../audiences/audience-state.ts'
import { counted } from '../terminal/counted.ts'
import type { Stack } from '../stack/stack.ts'
import { printable } from '../terminal/terminal.ts'
import { ago } from '../terminal/time.ts'
import { checksOf, fail, ok, skipped, warn } from './check.ts'
import type { Check, Finding } from './check.ts'
import { unansweredByMeta } from './unanswered.ts'

/** Meta ends a session after 90 minutes. */
const OLD_SESSION_MS = 85 * 60_000
const UNUSABLE_FROM = 400

/** Checks an audience of the settings that the token can read. */
export async function checkAudience(
  call: CallGraph,
  audience: CustomAudience,
  destination: Pick<Destination, 'name' | 'isValueBasedAudience'>,
  { clock, typed }: Pick<Stack, 'clock' | 'typed'>,
): Promise<Check[]> {
  const now = clock()
  const { id, name, accountId, deliveryStatus } = audience
  const state = audienceState(audience)
  return checksOf({
    exists: ok(`"${printable(name)}"${accountId === undefined ? '' : ` in act_${printable(accountId)}`}`),
    'customer list': subtypeFinding(audience, destination, typed),
    writable: writableFinding(audience),
    'not flagged': { outcome: state.outcome, finding: state.text, ...(state.fix !== undefined && { fix: state.fix }) },
    'value based': valueFinding(audience, destination),
    size:
      (deliveryStatus ?? 0) >= UNUSABLE_FROM
        ? warn(`${sizeOf(audience, now)}; no ad can use it (${deliveryStatus})`, 'See why in the Audience Manager.')
        : ok(sizeOf(audience, now)),
    sessions: await sessionsFinding(call, id, now),
  })
}

function subtypeFinding(
  { subtype }: CustomAudience,
  { name }: Pick<Destination, 'name'>,
  typed: Stack['typed'],
): Finding {
  if (subtype === undefined) return skipped('Meta does not tell its kind')
  if (subtype === CUSTOMER_LIST) return ok('yes')
  return fail(
    `it is of the kind ${printable(subtype)}, and only a customer list takes users`,
    `Make a customer list, and map that one: ${typed(`audiences create "NAME" --destination ${name}`)}`,
  )
}

function writableFinding({ canEdit }: CustomAudience): Finding {
  if (canEdit === undefined) return skipped('Meta does not tell it')
  if (canEdit) return ok('by this token')
  return fail(
    'this token may only read it',
    'Assign the ad account to the token’s user with "Manage campaigns": Business settings, System users, Assign assets.',
  )
}

function valueFinding(
  { isValueBased }: CustomAudience,
  { isValueBasedAudience }: Pick<Destination, 'isValueBasedAudience'>,
): Finding {
  if (isValueBased === undefined) return skipped('Meta does not tell it')
  if (isValueBasedAudience && !isValueBased)
    return fail(
      'it is not, and takes no LOOKALIKE_VALUE',
      'Make one with: audiences create … --value-based, and map that one. Or set "isValueBasedAudience": false.',
    )
  if (isValueBasedAudience) return ok('yes, as configured')
  return ok(isValueBased ? 'it is, and no values are sent' : 'no, as configured')
}

function sizeOf({ size, updatedAt }: CustomAudience, now: number): string {
  return `${sizeText(size)}${updatedAt === undefined ? '' : `, changed ${ago(updatedAt, now)} ago`}`
}

async function sessionsFinding(call: CallGraph, audienceId: string, now: number): Promise<Finding> {
  const answer = await openSessions(call, audienceId, now)
  // Nothing depends on it: that the audience can be read is known.
  if (!answer.ok) return skipped(unansweredByMeta(answer.failure).finding)
  const [oldest] = answer.value
  if (oldest === undefined) return ok('none open')
  const text = `${counted(answer.value.length, 'session')}, the oldest began ${ago(oldest, now)} ago`
  if (now - oldest <= OLD_SESSION_MS) return ok(text)
  return warn(
    `${text}; Meta ends it after 90 min`,
    'Unless its last batch is sent, send it now with lastBatchFlag true. Later batches go without the session.',
  )
}
