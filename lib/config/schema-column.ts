import * as v from 'valibot'
import { suggestField } from './field-suggestion.ts'
import { SCHEMA_FIELD_NAMES, canonicalField, fieldOfKey } from './schema-field.ts'

/** A column of Meta's schema as people write it in the settings. */
export const column = v.pipe(
  v.picklist(SCHEMA_FIELD_NAMES, ({ input }) => {
    const field = typeof input === 'string' ? (fieldOfKey(input) ?? suggestField(input)) : undefined
    return `${field === undefined ? '' : `write ${field}: `}must be one of ${SCHEMA_FIELD_NAMES.join(', ')}`
  }),
  v.transform(canonicalField),
)
