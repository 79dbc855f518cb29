import type { Selection } from '../../track/selection.ts'
import { WARNINGS } from '../../track/warning.ts'
import type { CallWarning } from './feed.ts'

/** What is wrong with a call that is used all the same. A key that the sender made up is not told: it may be of a person. */
export function callWarnings({ warnings }: Pick<Selection, 'warnings'>): CallWarning[] {
  return warnings.named.map(({ code, field, suggestion, destination, count }) => ({
    ...{ code, message: WARNINGS[code], count },
    ...(field !== undefined && (suggestion !== undefined || code === 'field_not_in_schema') && { field }),
    ...(suggestion !== undefined && { suggestion }),
    ...(destination !== undefined && { destination }),
  }))
}
