import type { Mapping } from '../config/audience-mapping.ts'
import { createSpellings } from '../config/schema-field.ts'
import type { SchemaField } from '../config/schema-field.ts'
import { pathSteps } from '../config/user-fields.ts'
import { isConsentKey } from './consent.ts'
import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { LONGEST_KEY, hasValue, isUseless, mayBeEmail, noteUnused } from './user-cut.ts'
import type { UserFindings } from './user-cut.ts'

/** What a record says of its person under the names of columns, and the keys by which it says a consent. */
export type RecordColumns = { values: ReadonlyMap<SchemaField, unknown>; consents: JsonObject }

export type ReadColumns = (call: JsonObject, findings: UserFindings) => RecordColumns

/** The first place that has a value counts, whatever its spelling. */
const PLACES = ['fields', 'identifiers'] as const
const WORST_SPELLING = 3

/**
 * Compiles the fields of a mapping to the function that finds them in a record. It is asked once for each record, however
 * many destinations look for the person: a record may have half a million columns.
 */
export function createRecordColumns({ destinations, fields }: Mapping): ReadColumns {
  const spellingOf = createSpellings(fields)
  const named = new Set(
    destinations.flatMap(({ userFields }) => Object.values(userFields).flatMap((paths) => paths.flatMap(keysOfPath))),
  )
  return (call, findings) => {
    const values = new Map<SchemaField, unknown>()
    const ranks = new Map<SchemaField, number>()
    const consents: Record<string, unknown> = {}
    for (const [order, place] of PLACES.entries()) {
      const columns = call[place]
      if (!isObject(columns)) continue
      for (const key in columns) {
        const value = columns[key]
        if (!hasValue(value)) continue
        const spelling = key.length > LONGEST_KEY ? undefined : spellingOf(key)
        const field = spelling && fields[spelling.slot]
        if (!spelling || !field) {
          if (isConsentKey(key)) consents[key] ??= value
          else if (named.size === 0 || !named.has(`${place}.${key}`)) noteUnused(key, findings)
        } else if (field === 'EXTERN_ID' && mayBeEmail(value)) {
          findings.emailsAsId += 1
        } else {
          const rank = spelling.rank + WORST_SPELLING * (order + (isUseless(value) ? PLACES.length : 0))
          if (rank >= (ranks.get(field) ?? Infinity)) continue
          ranks.set(field, rank)
          values.set(field, value)
        }
      }
    }
    return { values, consents }
  }
}

/** The keys of a record that a path may read: of `fields.mail.work` those are `mail` and `mail.work`. */
function keysOfPath(path: string): string[] {
  const [root = '', ...steps] = pathSteps(path)
  return steps.map((_, last) => `${root}.${steps.slice(0, last + 1).join('.')}`)
}
