import * as v from 'valibot'
import type { CallGraph, Called } from './call.ts'

/** A custom audience, as Meta tells it. What it does not tell is undefined. Times are ms since 1970. */
export type CustomAudience = {
  id: string
  name: string
  /** The number of its ad account, without act_. */
  accountId: string | undefined
  /** CUSTOM is a customer list; no other takes users. */
  subtype: string | undefined
  isValueBased: boolean | undefined
  canEdit: boolean | undefined
  /** About how many people are in it. */
  size: { least: number; most: number } | undefined
  operationStatus: number | undefined
  deliveryStatus: number | undefined
  flaggedFields: readonly string[]
  updatedAt: number | undefined
}

/** Meta says so when it flagged the name, the description or another field; then users cannot be changed. */
export const INTEGRITY_RESTRICTION = 471

/** The subtype of customer lists. */
export const CUSTOMER_LIST = 'CUSTOM'

const FIELDS = [
  ...['id', 'name', 'account_id', 'subtype', 'is_value_based', 'permission_for_actions'],
  ...['approximate_count_lower_bound', 'approximate_count_upper_bound', 'operation_status', 'delivery_status'],
  ...['fields_violating_integrity_policy', 'time_content_updated', 'time_updated'],
].join(',')

// Only the id must be readable. A surprise in another field is taken for a field that is not told.
const told = <T extends v.GenericSchema>(schema: T) => v.fallback(v.optional(schema), undefined)
const status = told(v.object({ code: v.number() }))
const node = v.pipe(
  v.object({
    id: v.string(),
    name: v.fallback(v.string(), ''),
    account_id: told(v.string()),
    subtype: told(v.string()),
    is_value_based: told(v.boolean()),
    permission_for_actions: told(v.object({ can_edit: v.boolean() })),
    approximate_count_lower_bound: told(v.number()),
    approximate_count_upper_bound: told(v.number()),
    operation_status: status,
    delivery_status: status,
    fields_violating_integrity_policy: v.fallback(v.array(v.string()), []),
    time_content_updated: told(v.number()),
    time_updated: told(v.number()),
  }),
  v.transform((read): CustomAudience => {
    const { approximate_count_lower_bound: least = -1, approximate_count_upper_bound: most = -1 } = read
    const updated = read.time_content_updated ?? read.time_updated
    return {
      ...{ id: read.id, name: read.name, accountId: read.account_id, subtype: read.subtype },
      ...{ isValueBased: read.is_value_based, canEdit: read.permission_for_actions?.can_edit },
      // -1 stands for a size that is not known yet.
      size: least < 0 || most < 0 ? undefined : { least, most },
      operationStatus: read.operation_status?.code,
      deliveryStatus: read.delivery_status?.code,
      flaggedFields: read.fields_violating_integrity_policy,
      updatedAt: updated === undefined ? undefined : updated * 1000,
    }
  }),
)
const page = v.object({
  data: v.array(node),
  paging: told(v.object({ next: v.optional(v.string()), cursors: v.object({ after: v.string() }) })),
})

const created = v.object({ id: v.string() })

/** Reads an audience. Source of the fields: Meta's custom audience reference, and its SDKs of v26. */
export async function readCustomAudience(call: CallGraph, id: string): Promise<Called<CustomAudience>> {
  return call({ method: 'get', path: id, parameters: { fields: FIELDS } }, node)
}

const PAGE_SIZE = 100

/** Reads all audiences of an ad account (`act_…`), page by page. */
export async function listCustomAudiences(
  call: CallGraph,
  account: string,
): Promise<Called<readonly CustomAudience[]>> {
  const audiences: CustomAudience[] = []
  let after: string | undefined
  do {
    const parameters = { fields: FIELDS, limit: String(PAGE_SIZE), ...(after !== undefined && { after }) }
    const answer = await call({ method: 'get', path: `${account}/customaudiences`, parameters }, page)
    if (!answer.ok) return answer
    const { data, paging } = answer.value
    audiences.push(...data)
    after = paging?.next === undefined ? undefined : paging.cursors.after
  } while (after !== undefined)
  return { ok: true, value: audiences }
}

/** What a new customer list is called, and whether its rows may carry LOOKALIKE_VALUE. */
export type NewAudience = { name: string; description: string | undefined; isValueBased: boolean }

/** Makes a customer list in an ad account (`act_…`). Source: Meta's ad account reference. */
export async function createCustomAudience(
  call: CallGraph,
  account: string,
  { name, description, isValueBased }: NewAudience,
): Promise<Called<{ id: string }>> {
  const parameters = {
    ...{ name, subtype: CUSTOMER_LIST, customer_file_source: 'USER_PROVIDED_ONLY' },
    ...(description !== undefined && { description }),
    ...(isValueBased && { is_value_based: 'true' }),
  }
  return call({ method: 'post', path: `${account}/customaudiences`, parameters }, created)
}
