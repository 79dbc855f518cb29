import * as v from 'valibot'
import { consentSchema } from './consent-schema.ts'
import { crossSettingProblems, reservedWords } from './destination-rules.ts'
import { destinationSchema, destinationsSchema, sourceSchema } from './destinations-schema.ts'
import type { Destination, Destinations } from './destinations-schema.ts'
import { fieldOfKey } from './schema-field.ts'
import { unknownSetting } from './setting-problem.ts'
import type { Partly, SettingProblem } from './setting-problem.ts'

export type ParsedDestinations =
  | { ok: true; destinations: Destinations; warnings: readonly SettingProblem[] }
  | { ok: false; problems: readonly SettingProblem[]; readable: readonly Partly<Destination>[] }

/**
 * Reads destinations.json. Every problem is reported at once, by path, with the fix; defaults are filled in. With
 * problems, `readable` has the settings that can be read. A destination without `sources` is fed by all sources without
 * `allowedOrigins`, because a browser's key is public.
 */
export function parseDestinations(input: unknown): ParsedDestinations {
  const parsed = v.safeParse(destinationsSchema, input)
  const lists = mappingLists(input)
  const issues = (parsed.issues ?? []).filter(
    (issue) =>
      !(issue.type === 'strict_object' && issue.expected === 'never') &&
      !lists.some(({ path }) => v.getDotPath(issue)?.startsWith(`${path}.`)),
  )
  const sources = readable(sourceSchema, input, 'sources')
  const serverSources = sources.flatMap(({ name, ...rest }) =>
    name === undefined || 'allowedOrigins' in rest ? [] : [name],
  )
  const destinations = readable(destinationSchema, input, 'destinations').map((destination) =>
    'sources' in destination ? destination : { ...destination, sources: serverSources },
  )
  const { problems: crossProblems, warnings } = crossSettingProblems({ sources, destinations })
  const problems = [
    ...issues.map(problem),
    ...lists,
    ...repeatedColumns(input),
    ...unknownSettings(input),
    ...reservedWords(input),
    ...crossProblems,
  ]
  if (problems.length > 0 || !parsed.success) return { ok: false, problems, readable: destinations }
  const { output } = parsed
  return {
    ok: true,
    destinations: {
      sources: output.sources,
      destinations: output.destinations.map((each) => ({ ...each, sources: each.sources ?? serverSources })),
    },
    warnings,
  }
}

type ItemSchema = typeof sourceSchema | typeof destinationSchema

/** The items of a list, with undefined for each setting that cannot be read. */
function readable<T extends ItemSchema>(schema: T, input: unknown, list: string): Partial<v.InferOutput<T>>[] {
  return itemsOf(input, list).map((item) => {
    const settings = Object.entries(schema.entries).map(([key, setting]): [string, unknown] => {
      const parsed = v.safeParse(setting as v.GenericSchema, isObject(item) ? item[key] : undefined)
      return [key, parsed.success ? parsed.output : undefined]
    })
    const given = isObject(item) ? item : {}
    return Object.fromEntries(
      settings.filter(([key, value]) => value !== undefined || Object.hasOwn(given, key)),
    ) as Partial<v.InferOutput<T>>
  })
}

// Valibot names only the first unknown key of an object.
function unknownSettings(input: unknown): SettingProblem[] {
  const unknownOf = (object: unknown, schema: { entries: object }, path: string) => {
    const known = Object.keys(schema.entries)
    const keys = isObject(object) ? Object.keys(object) : []
    return keys
      .filter((key) => !known.includes(key))
      .map((key) => ({
        path: path + key,
        message:
          schema === destinationsSchema && Object.hasOwn(destinationSchema.entries, key)
            ? `belongs into a destination: {"sources": […], "destinations": [{"${key}": …}]}`
            : unknownSetting(key, known),
      }))
  }
  const inList = (list: string, schema: ItemSchema) =>
    itemsOf(input, list).flatMap((item, index) => unknownOf(item, schema, `${list}.${index}.`))
  return [
    ...unknownOf(input, destinationsSchema, ''),
    ...inList('sources', sourceSchema),
    ...inList('destinations', destinationSchema),
    ...itemsOf(input, 'destinations').flatMap((item, index) =>
      unknownOf(isObject(item) ? item.consent : undefined, consentSchema, `destinations.${index}.consent.`),
    ),
  ]
}

function itemsOf(input: unknown, list: string): readonly unknown[] {
  const items = isObject(input) ? input[list] : undefined
  return Array.isArray(items) ? items : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problem(issue: v.BaseIssue<unknown>): SettingProblem {
  const path = v.getDotPath(issue) ?? '(the whole file)'
  if (issue.received === 'undefined') return { path, message: 'is missing' }
  if (issue.expected === 'Object') return { path, message: `must be an object: ${objectInPlaceOf(issue.input, path)}` }
  return { path, message: issue.message }
}

// Valibot takes a list for an object with the keys 0, 1 and so on.
function mappingLists(input: unknown): SettingProblem[] {
  return itemsOf(input, 'destinations').flatMap((item, index) =>
    ['events', 'memberships', 'sourceAudience', 'userFields', 'consent'].flatMap((key) => {
      const path = `destinations.${String(index)}.${key}`
      const given = isObject(item) ? item[key] : undefined
      return Array.isArray(given) ? [{ path, message: `must be an object: ${objectInPlaceOf(given, path)}` }] : []
    }),
  )
}

// Two names of one column: after parsing, only the paths of the last are there.
function repeatedColumns(input: unknown): SettingProblem[] {
  return itemsOf(input, 'destinations').flatMap((item, index) => {
    const given = isObject(item) && isObject(item.userFields) ? Object.keys(item.userFields) : []
    return [...Map.groupBy(given, fieldOfKey)].flatMap(([field, [first = '', ...others]]) =>
      (field === undefined ? [] : others).map((name) => ({
        path: `destinations.${String(index)}.userFields.${name}`,
        message: `is the column ${String(field)}, as "${first}" is; write all paths in one list, in their order`,
      })),
    )
  })
}

const OBJECTS: Readonly<Record<string, string>> = {
  events: '{"USER_ADD": "23846440602800582"}',
  memberships: '{"high_value": "23846440602800582"}',
  sourceAudience: '{"NAME_OF_A_SOURCE": "23846440602800582"}',
  userFields: '{"EMAIL": ["properties.customer.email"]}',
  consent: '{"categories": ["advertising"]}',
}

/** What was probably meant by a value that is not an object. */
function objectInPlaceOf(given: unknown, path: string): string {
  if (/^sources\.\d+$/.test(path) && typeof given === 'string') return JSON.stringify({ name: given })
  const categories = path.endsWith('.consent') ? [given].flat().filter((each) => typeof each === 'string') : []
  if (categories.length > 0) return JSON.stringify({ categories })
  const isMapping = /^destinations\.\d+\.(?:events|memberships|sourceAudience)$/.test(path)
  const names = (isMapping ? [given].flat() : []).filter((name) => typeof name === 'string' && !/^\d+$/.test(name))
  if (names.length === 0) return OBJECTS[path.split('.').at(-1) ?? ''] ?? '{"…": …}'
  return `{${names.map((name) => `${JSON.stringify(name)}: "23846440602800582"`).join(', ')}}, with your audience's id`
}
