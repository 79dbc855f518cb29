import * as v from 'valibot'
import { DATA_SOURCE_SUB_TYPES, DATA_SOURCE_TYPES } from './data-source.ts'
import { crossSettingProblems } from './destination-rules.ts'
import { SCHEMA_FIELDS, schemaField } from './schema-field.ts'

const name = v.pipe(
  v.string('must be text'),
  v.regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 letters, digits, "-" or "_", beginning with a letter'),
)

// A JSON number above 2^53 has already lost digits when it is read, so ids are text.
const audienceId = v.pipe(
  v.string('must be the audience id in quotes, such as "23846440602800582"'),
  v.regex(/^\d{5,20}$/, 'must be a custom audience id: digits only, such as "23846440602800582"'),
)

const column = v.pipe(
  v.string('must be text'),
  v.check((value) => schemaField(value) !== undefined, `must be one of ${Object.keys(SCHEMA_FIELDS).join(', ')}`),
  v.transform((value) => schemaField(value) ?? 'EMAIL'),
)

const origin = v.pipe(
  v.string('must be text'),
  v.check(
    (value) => value === '*' || (URL.canParse(value) && new URL(value).origin === value),
    'must be an exact origin such as "https://www.example.com" (no path, no trailing slash), or "*"',
  ),
)

const flag = (fallback: boolean) => v.optional(v.boolean('must be true or false'), fallback)

const sourceSchema = v.strictObject({
  name,
  allowedOrigins: v.optional(v.pipe(v.array(origin), v.minLength(1, 'needs at least one origin'))),
  signed: flag(false),
  secretHeader: v.optional(
    v.pipe(v.string('must be text'), v.regex(/^[A-Za-z0-9-]+$/, 'must be a header name'), v.toLowerCase()),
  ),
})

const destinationSchema = v.strictObject({
  name,
  userSchema: v.pipe(v.array(column, 'must be a list of fields'), v.minLength(1, 'needs at least one field')),
  events: v.pipe(
    v.record(
      v.pipe(v.string(), v.minLength(1, 'an event name may not be empty')),
      v.union(
        [
          v.pipe(
            audienceId,
            v.transform((id) => [id]),
          ),
          v.pipe(v.array(audienceId), v.minLength(1, 'needs at least one audience id')),
        ],
        'must be an audience id in quotes, or a list of them',
      ),
    ),
    v.check((events) => Object.keys(events).length > 0, 'needs at least one event name'),
  ),
  isHashRequired: flag(true),
  disableFormat: flag(false),
  accessTokenSecret: v.optional(v.pipe(v.string('must be text'), v.minLength(1, 'must be a secret name or ARN'))),
  sources: v.optional(v.pipe(v.array(name), v.minLength(1, 'needs at least one source name'))),
  apiVersion: v.optional(v.pipe(v.string(), v.regex(/^v\d{1,3}\.\d$/, 'must look like "v26.0"')), 'v26.0'),
  maxUserCount: v.optional(
    v.pipe(
      v.number('must be a number'),
      v.integer('must be a whole number'),
      v.minValue(1, 'must be at least 1'),
      v.maxValue(10_000, 'must be at most 10000: Meta takes no more users in one request'),
    ),
    10_000,
  ),
  isRaw: v.optional(v.boolean('must be true or false')),
  type: v.optional(v.picklist(DATA_SOURCE_TYPES, `must be one of ${DATA_SOURCE_TYPES.join(', ')}`)),
  subType: v.optional(v.picklist(DATA_SOURCE_SUB_TYPES, `must be one of ${DATA_SOURCE_SUB_TYPES.join(', ')}`)),
  isValueBasedAudience: flag(false),
  defaultCountry: v.optional(
    v.pipe(v.string('must be text'), v.regex(/^[A-Za-z]{2}$/, 'must be a two-letter country code'), v.toUpperCase()),
  ),
  limitedDataUse: v.optional(
    v.union(
      [v.literal(true), v.strictObject({ country: v.picklist([0, 1]), state: v.pipe(v.number(), v.integer()) })],
      'must be true, or {"country": 0 or 1, "state": 0 or a state code such as 1000}',
    ),
  ),
})

/** What an operator writes in cdk/destinations.json; the JSON Schema beside it is generated from this. */
export const destinationsSchema = v.strictObject({
  $schema: v.optional(v.string()),
  sources: v.pipe(v.array(sourceSchema, 'must be a list of sources'), v.minLength(1, 'needs at least one source')),
  destinations: v.pipe(
    v.array(destinationSchema, 'must be a list of destinations'),
    v.minLength(1, 'needs at least one destination'),
  ),
})

export type Source = v.InferOutput<typeof sourceSchema>
export type Destination = Omit<v.InferOutput<typeof destinationSchema>, 'sources'> & { sources: readonly string[] }
export type Destinations = { sources: readonly Source[]; destinations: readonly Destination[] }

/** A setting that is wrong: where it stands, and what to do about it. */
export type SettingProblem = { path: string; message: string }

export type ParsedDestinations =
  | { ok: true; destinations: Destinations; warnings: readonly SettingProblem[] }
  | { ok: false; problems: readonly SettingProblem[] }

/**
 * Reads destinations.json: every problem is reported at once, by path, with the fix; defaults are filled in.
 * A destination without `sources` is fed by all sources without `allowedOrigins`, because a browser's key is public.
 */
export function parseDestinations(input: unknown): ParsedDestinations {
  const parsed = v.safeParse(destinationsSchema, input)
  if (!parsed.success) return { ok: false, problems: parsed.issues.map(problem) }
  const { sources } = parsed.output
  const serverSources = sources.filter((source) => source.allowedOrigins === undefined).map((source) => source.name)
  const destinations = parsed.output.destinations.map((destination) => ({
    ...destination,
    sources: destination.sources ?? serverSources,
  }))
  const { problems, warnings } = crossSettingProblems({ sources, destinations })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, destinations: { sources, destinations }, warnings }
}

function problem(issue: v.BaseIssue<unknown>): SettingProblem {
  const path = v.getDotPath(issue) ?? '(the whole file)'
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return { path, message: 'is not a setting; remove it or correct its spelling' }
  if (issue.received === 'undefined') return { path, message: 'is missing' }
  return { path, message: issue.message }
}
