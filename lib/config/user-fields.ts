import { SCHEMA_FIELDS } from './schema-field.ts'
import type { SchemaField } from './schema-field.ts'

/** Where a path may begin: what calls have that can say who a person is. */
export const PATH_ROOTS = [
  'properties',
  'traits',
  'context',
  'fields',
  'identifiers',
  'userId',
  'anonymousId',
  'groupId',
  'recordId',
] as const

/** Where mobile SDKs say which device it is. */
const ADVERTISING_ID_PATH = 'context.device.advertisingId'

/**
 * Where track and identify calls have a field, in this order, by the specs of Segment and RudderStack. EXTERN_ID has none:
 * it is sent as it is, and a `userId` is often an e-mail address.
 *
 * Sources: Segment's "Spec: Identify", traits, and "Spec: Common Fields", context.device; RudderStack's "Identify".
 */
export function defaultPaths(field: SchemaField): readonly string[] {
  if (field === 'MADID') return [ADVERTISING_ID_PATH]
  return ['traits', 'context.traits', 'properties'].flatMap((root) =>
    SCHEMA_FIELDS[field].traits.map((trait) => `${root}.${trait}`),
  )
}

/** The keys and places in arrays that a path leads through: `properties.orders[0].email`, or `.0.` for `[0]`. */
export function pathSteps(path: string): readonly string[] {
  return path.replace(/\[(\d+)\]/g, '.$1').split('.')
}
