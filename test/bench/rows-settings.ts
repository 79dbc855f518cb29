import type { RowSettings } from '../../lib/audience/column.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'

/** The schemas that are measured: one field, the usual pair, a typical customer list, everything about a person. */
export const SIX_FIELDS = ['EMAIL', 'PHONE', 'FN', 'LN', 'ZIP', 'COUNTRY'] as const satisfies SchemaField[]
export const ALL_FIELDS = [
  ...(['EMAIL', 'PHONE', 'GEN', 'DOBY', 'DOBM', 'DOBD', 'LN', 'FN', 'FI', 'CT', 'ST', 'ZIP', 'COUNTRY'] as const),
  ...(['MADID', 'EXTERN_ID'] as const),
] satisfies SchemaField[]

export function settingsFor(userSchema: readonly SchemaField[]): RowSettings {
  return { userSchema, isHashRequired: true, disableFormat: false, isValueBasedAudience: false }
}
