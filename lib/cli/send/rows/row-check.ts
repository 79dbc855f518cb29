import type { FieldReport, RowSettings } from '../../../audience/column.ts'
import { createToRow } from '../../../audience/row.ts'
import type { RowResult } from '../../../audience/row.ts'
import type { Destination } from '../../../config/destinations-schema.ts'
import type { SchemaField } from '../../../config/schema-field.ts'
import { consentTo, mayAdd, ownConsent } from '../../../track/consent.ts'

export type RowProblem = Extract<RowResult, { dropped: unknown }>['dropped']

/** What would become of a row. */
export type CheckedRow = {
  /** Why no destination could use it; undefined if one can. */
  problem: RowProblem | undefined
  /** The names of the destinations that can use it. */
  takenBy: readonly string[]
  /** Fields with a value that can be used, and values that cannot. */
  fields: readonly SchemaField[]
  reports: readonly FieldReport[]
  /** Destinations that do not get it for want of consent. */
  withheldFrom: readonly string[]
}

/** Looks at users as the consumer would: destinations whose rows are alike are asked once. */
export function createRowCheck(
  destinations: readonly Destination[],
  direction: 'add' | 'remove',
  clock: () => number,
): (user: Readonly<Record<string, unknown>>) => CheckedRow {
  const alike = [...Map.groupBy(destinations, (destination) => JSON.stringify(rowSettings(destination))).values()]
  const builders = alike.flatMap((group) => {
    const [first] = group
    return first
      ? [{ names: group.map(({ name }) => name), schema: first.userSchema, toRow: createToRow(first, clock) }]
      : []
  })
  const asking = direction === 'add' ? destinations.filter(({ consent }) => consent !== undefined) : []
  return (user) => {
    const results = builders.map(({ names, schema, toRow }) => ({ names, schema, result: toRow(user) }))
    const taken = results.filter(({ result }) => !('dropped' in result))
    const [{ result: worst } = { result: undefined }] = results
    const reports = results.flatMap(({ result }) => result.reports)
    const blank = new Set(reports.filter(({ reason }) => reason !== 'phone_without_country').map(({ field }) => field))
    const given = new Set(results.flatMap(({ schema }) => schema.filter((field) => user[field] !== undefined)))
    return {
      problem: taken.length === 0 && worst && 'dropped' in worst ? worst.dropped : undefined,
      takenBy: taken.flatMap(({ names }) => names),
      fields: [...given].filter((field) => !blank.has(field)),
      reports: builders.length > 1 ? distinct(reports) : reports,
      withheldFrom: asking.filter((destination) => lacksConsent(destination, user)).map(({ name }) => name),
    }
  }
}

/** Counts values that are left blank, or hardly match, by field and reason. */
export function countReports(counts: Record<string, number>, reports: readonly FieldReport[]): void {
  for (const { field, reason } of reports) {
    const key = `${field} ${reason}`
    counts[key] = (counts[key] ?? 0) + 1
  }
}

function lacksConsent({ consent }: Destination, user: unknown): boolean {
  if (consent === undefined) return false
  const own = ownConsent(user)
  return !mayAdd(consent, own === undefined ? consentTo(consent, new Map()) : { said: own })
}

function distinct(reports: readonly FieldReport[]): FieldReport[] {
  return [...new Map(reports.map((report) => [`${report.field} ${report.reason}`, report])).values()]
}

function rowSettings(destination: Destination): RowSettings {
  const { userSchema, isHashRequired, disableFormat, isValueBasedAudience, defaultCountry, limitedDataUse } =
    destination
  return { userSchema, isHashRequired, disableFormat, isValueBasedAudience, defaultCountry, limitedDataUse }
}
