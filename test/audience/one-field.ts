import { explainUser } from '../../lib/audience/explain-user.ts'
import { createToRow } from '../../lib/audience/row.ts'
import type { Cell, FieldReport, RowSettings } from '../../lib/audience/column.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'

/** The tests run as if this were today. */
export const clock = () => Date.UTC(2026, 6, 1)

export function settings(userSchema: readonly SchemaField[], other: Partial<RowSettings> = {}): RowSettings {
  return { userSchema, isHashRequired: true, disableFormat: false, isValueBasedAudience: false, ...other }
}

/** What becomes of one field, in a row that also has an EXTERN_ID so that it is never dropped. */
export function schemaOf(field: SchemaField, other: Partial<RowSettings> = {}) {
  const schema = field === 'EXTERN_ID' ? (['EXTERN_ID', 'MADID'] as const) : ([field, 'EXTERN_ID'] as const)
  const build = createToRow(settings(schema, other), clock)
  const explain = explainUser(settings(schema, other), clock)
  const user = (given: unknown, country: string) => ({
    ...(field === 'EXTERN_ID' ? { MADID: 'someone' } : { EXTERN_ID: 'someone' }),
    ...(country === '' ? {} : { COUNTRY: country }),
    [field]: given,
  })
  return {
    cell(given: unknown, country = ''): Cell | undefined {
      const result = build(user(given, country))
      return 'row' in result ? result.row.cells[0] : undefined
    },
    reports: (given: unknown, country = ''): readonly FieldReport[] => build(user(given, country)).reports,
    normalised: (given: unknown, country = '') => explain(user(given, country))[0]?.normalised,
  }
}
