import * as v from 'valibot'
import { crossSettingProblems, reservedWords } from './destination-rules.ts'
import { destinationSchema, destinationsSchema, sourceSchema } from './destinations-schema.ts'
import type { Destinations } from './destinations-schema.ts'
import type { SettingProblem } from './setting-problem.ts'

export type ParsedDestinations =
  | { ok: true; destinations: Destinations; warnings: readonly SettingProblem[] }
  | { ok: false; problems: readonly SettingProblem[] }

/**
 * Reads destinations.json: every problem is reported at once, by path, with the fix; defaults are filled in.
 * A destination without `sources` is fed by all sources without `allowedOrigins`, because a browser's key is public.
 */
export function parseDestinations(input: unknown): ParsedDestinations {
  const parsed = v.safeParse(destinationsSchema, input)
  const ownProblems = [...(parsed.issues ?? []).map(problem), ...reservedWords(input)]
  // What is wrong by itself leaves a gap, and the rules between settings are checked for the rest.
  const sources = readable(sourceSchema, input, 'sources')
  const serverSources = sources.flatMap((source) => (source && !source.allowedOrigins ? [source.name] : []))
  const destinations = readable(destinationSchema, input, 'destinations').map(
    (destination) => destination && { ...destination, sources: destination.sources ?? serverSources },
  )
  const { problems: crossProblems, warnings } = crossSettingProblems({ sources, destinations })
  const problems = [...ownProblems, ...crossProblems]
  if (problems.length > 0) return { ok: false, problems }
  const isThere = <T>(item: T | undefined) => item !== undefined
  return {
    ok: true,
    destinations: { sources: sources.filter(isThere), destinations: destinations.filter(isThere) },
    warnings,
  }
}

/** The items of a list, in their places; undefined for those that cannot be read. */
function readable<T extends v.GenericSchema>(
  schema: T,
  input: unknown,
  list: string,
): (v.InferOutput<T> | undefined)[] {
  const items: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, list) : undefined
  if (!Array.isArray(items)) return []
  return items.map((item: unknown) => {
    const parsed = v.safeParse(schema, item)
    return parsed.typed ? parsed.output : undefined
  })
}

function problem(issue: v.BaseIssue<unknown>): SettingProblem {
  const path = v.getDotPath(issue) ?? '(the whole file)'
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return { path, message: 'is not a setting; remove it or correct its spelling' }
  if (issue.received === 'undefined') return { path, message: 'is missing' }
  if (issue.expected === 'Object') return { path, message: 'must be an object: {"…": …}' }
  return { path, message: issue.message }
}
