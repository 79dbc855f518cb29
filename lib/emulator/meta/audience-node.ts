import type { Audience } from './audience.ts'
import { pickedFields, requestedFields } from './requested-fields.ts'

const READY_SIZE = 100

// Fields of the node that exist at Meta and are always empty here.
const EMPTY_FIELDS = [
  'audience_labels datafile_custom_audience_uploading_status delete_time excluded_custom_audiences',
  'included_custom_audiences external_event_source fields_violating_integrity_policy household_audience',
  'is_eligible_for_sac_campaigns is_household is_snapshot lookalike_audience_ids lookalike_spec',
  'messenger_marketing_messages_page opt_out_link owner_business page_deletion_marked_delete_time',
  'permission_for_actions pixel_id regulated_audience_spec rev_share_policy_id rule rule_aggregation rule_v2',
  'seed_audience sharing_status',
].flatMap((line) => line.split(' '))

/** The answer of `GET /{audience}?fields=`. Source: Meta's custom audience reference. */
export function audienceNode(
  audience: Audience,
  fields: unknown,
  account: { accountId: string; isValueBased: boolean },
): Record<string, unknown> {
  const size = audience.membership.members.size
  const isReady = size >= READY_SIZE
  const node = {
    ...Object.fromEntries(EMPTY_FIELDS.map((name) => [name, undefined])),
    id: audience.id,
    account_id: account.accountId,
    name: `Audience ${audience.id}`,
    description: '',
    subtype: 'CUSTOM',
    approximate_count_lower_bound: audience.isFilled ? rounded(size, Math.floor) : -1,
    approximate_count_upper_bound: audience.isFilled ? rounded(size, Math.ceil) : -1,
    customer_file_source: 'USER_PROVIDED_ONLY',
    data_source: { type: 'FILE_IMPORTED', sub_type: 'MULTI_HASHES' },
    data_source_types: 'FILE_IMPORTED',
    delivery_status: isReady
      ? { code: 200, description: 'This audience is ready for use.' }
      : { code: 300, description: 'This audience is too small or inactive.' },
    operation_status: { code: 200, description: 'Normal' },
    is_value_based: account.isValueBased,
    retention_days: 0,
    time_content_updated: seconds(audience.updatedAt),
    time_created: seconds(audience.createdAt),
    time_updated: seconds(audience.updatedAt),
  }
  return pickedFields(node, requestedFields(fields), 'CustomAudience')
}

/** Two significant digits: Meta gives a range, how wide is not known. */
function rounded(size: number, round: (value: number) => number): number {
  const unit = 10 ** Math.max(0, String(size).length - 2)
  return round(size / unit) * unit
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
