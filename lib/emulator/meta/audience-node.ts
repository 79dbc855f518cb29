import { INTEGRITY_RESTRICTION } from './audience-state.ts'
import type { Audience } from './audience.ts'
import { pickedFields, requestedFields } from './requested-fields.ts'

const READY_SIZE = 100

// Fields of the node that exist at Meta and are always empty here.
const EMPTY_FIELDS = [
  'audience_labels datafile_custom_audience_uploading_status delete_time excluded_custom_audiences',
  'included_custom_audiences external_event_source household_audience',
  'is_eligible_for_sac_campaigns is_household is_snapshot lookalike_audience_ids lookalike_spec',
  'messenger_marketing_messages_page opt_out_link owner_business page_deletion_marked_delete_time',
  'pixel_id regulated_audience_spec rev_share_policy_id rule rule_aggregation rule_v2',
  'seed_audience sharing_status',
].flatMap((line) => line.split(' '))

const READY = 200
const TOO_SMALL = 300

/** Codes are Meta's; most texts are not known, and made up here. */
const OPERATION_STATUS: Readonly<Record<number, string>> = {
  0: 'Status not available',
  100: 'Expiring',
  200: 'Normal',
  400: 'Warning',
  410: 'No upload',
  411: 'Low match rate',
  412: 'High invalid rate in the last session',
  414: 'Replace in progress',
  415: 'Replace failed',
  441: 'Populating',
  450: 'Out of date',
  471: 'Integrity restriction',
  500: 'Error',
}

/** The answer of `GET /{audience}?fields=`. Source: Meta's custom audience reference. */
export function audienceNode(
  audience: Audience,
  fields: unknown,
  account: { accountId: string; isValueBased: boolean },
): Record<string, unknown> {
  const size = audience.membership.members.size
  const { state } = audience
  const { name, description, subtype, operationStatus } = state
  const node = {
    ...Object.fromEntries(EMPTY_FIELDS.map((name) => [name, undefined])),
    id: audience.id,
    account_id: account.accountId,
    name: name ?? `Audience ${audience.id}`,
    description,
    subtype,
    approximate_count_lower_bound: audience.isFilled ? rounded(size, Math.floor) : -1,
    approximate_count_upper_bound: audience.isFilled ? rounded(size, Math.ceil) : -1,
    customer_file_source: 'USER_PROVIDED_ONLY',
    data_source: { type: 'FILE_IMPORTED', sub_type: 'MULTI_HASHES' },
    data_source_types: 'FILE_IMPORTED',
    delivery_status: deliveryStatus(state.deliveryStatus ?? (size >= READY_SIZE ? READY : TOO_SMALL)),
    operation_status: { code: operationStatus, description: OPERATION_STATUS[operationStatus] ?? 'See code' },
    // Which field it is about cannot be set.
    fields_violating_integrity_policy: operationStatus === INTEGRITY_RESTRICTION ? ['name'] : undefined,
    is_value_based: state.isValueBased ?? account.isValueBased,
    permission_for_actions: { can_edit: state.permission === 'write' },
    retention_days: 0,
    time_content_updated: seconds(audience.updatedAt),
    time_created: seconds(audience.createdAt),
    time_updated: seconds(audience.updatedAt),
  }
  return pickedFields(node, requestedFields(fields), 'CustomAudience')
}

function deliveryStatus(code: number) {
  if (code === READY) return { code, description: 'This audience is ready for use.' }
  if (code === TOO_SMALL) return { code, description: 'This audience is too small or inactive.' }
  return { code, description: 'This audience cannot be used.' }
}

/** Two significant digits: Meta gives a range, how wide is not known. */
function rounded(size: number, round: (value: number) => number): number {
  const unit = 10 ** Math.max(0, String(size).length - 2)
  return round(size / unit) * unit
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
