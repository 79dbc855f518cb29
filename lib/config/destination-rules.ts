import type { Destination, Source } from './destinations-schema.ts'
import type { SettingProblem } from './setting-problem.ts'
import { SCHEMA_FIELDS, canMatch } from './schema-field.ts'

type Found = { problems: SettingProblem[]; warnings: SettingProblem[] }

/** Settings in their places; undefined stands for one that is wrong by itself. */
type Readable = { sources: readonly (Source | undefined)[]; destinations: readonly (Destination | undefined)[] }

/** The rules that hold between settings, which no single setting can break alone. */
export function crossSettingProblems(settings: Readable): Found {
  const found: Found = { problems: [], warnings: [] }
  duplicateNames(settings, found)
  sourceReferences(settings, found)
  settings.destinations.forEach((destination, index) => {
    if (destination) schemaRules(destination, `destinations.${String(index)}`, found)
  })
  sharedAudiences(settings, found)
  return found
}

/** Keys that valibot leaves out without a word, because they could change what every object inherits. */
const RESERVED_WORDS = ['__proto__', 'constructor', 'prototype']

/** Names and keys of the file that cannot be used, wherever they stand. */
export function reservedWords(input: unknown, path: readonly string[] = []): SettingProblem[] {
  if (typeof input !== 'object' || input === null) {
    const isReserved = path.at(-1) === 'name' && RESERVED_WORDS.includes(String(input))
    return isReserved ? [{ path: path.join('.'), message: `"${String(input)}" cannot be used; choose another` }] : []
  }
  return Object.entries(input).flatMap(([key, value]) => {
    const inside = [...path, key]
    return RESERVED_WORDS.includes(key)
      ? [{ path: inside.join('.'), message: 'is a name that cannot be used; choose another' }]
      : reservedWords(value, inside)
  })
}

function duplicateNames(settings: Readable, { problems }: Found): void {
  for (const list of ['sources', 'destinations'] as const) {
    settings[list].forEach((item, index) => {
      // Secrets and metrics are named after it, and some of those names ignore case.
      const first = settings[list].findIndex((other) => other?.name.toLowerCase() === item?.name.toLowerCase())
      if (item && first < index)
        problems.push({
          path: `${list}.${String(index)}.name`,
          message: `repeats the name of ${list}.${String(first)}; give it another`,
        })
    })
  }
}

function sourceReferences({ sources, destinations }: Readable, { problems }: Found): void {
  // One that cannot be read may be the one that is missed.
  const allSources = !sources.includes(undefined) && sources.length > 0
  const allDestinations = !destinations.includes(undefined) && destinations.length > 0
  destinations.forEach((destination, index) => {
    if (!destination || !allSources) return
    const path = `destinations.${String(index)}.sources`
    for (const name of destination.sources)
      if (!sources.some((source) => source?.name === name))
        problems.push({ path, message: `names "${name}", which is not in sources` })
    if (destination.sources.length === 0)
      problems.push({
        path,
        message: 'is missing: all sources have allowedOrigins, and those must be named to feed it',
      })
  })
  sources.forEach((source, index) => {
    if (!source) return
    if (allDestinations && !destinations.some((destination) => destination?.sources.includes(source.name)))
      problems.push({
        path: `sources.${String(index)}`,
        message: `"${source.name}" feeds no destination; name it in a destination's sources, or remove it`,
      })
    if (source.signed && source.allowedOrigins)
      problems.push({ path: `sources.${String(index)}.signed`, message: 'is for webhooks; browsers cannot sign' })
  })
}

function schemaRules(destination: Destination, path: string, { problems, warnings }: Found): void {
  const { userSchema, isValueBasedAudience } = destination
  const repeated = userSchema.find((field, index) => userSchema.indexOf(field) !== index)
  if (repeated) problems.push({ path: `${path}.userSchema`, message: `names ${repeated} twice` })
  if (userSchema.every((field) => SCHEMA_FIELDS[field].identifies === 'none'))
    problems.push({ path: `${path}.userSchema`, message: 'needs a field that identifies a person, such as EMAIL' })
  else if (!canMatch(userSchema))
    warnings.push({
      path: `${path}.userSchema`,
      message: `holds only ${userSchema.join(', ')}, which thousands of people share, so nobody can be matched; add a field such as EMAIL, PHONE, EXTERN_ID or MADID`,
    })
  const valued = userSchema.includes('LOOKALIKE_VALUE')
  if (valued && !isValueBasedAudience)
    problems.push({
      path: `${path}.isValueBasedAudience`,
      message:
        'must be true for LOOKALIKE_VALUE; set it (the audience must have been created value based) or drop the field',
    })
  if (isValueBasedAudience && !valued)
    problems.push({ path: `${path}.userSchema`, message: 'needs LOOKALIKE_VALUE, as isValueBasedAudience is true' })
  if (destination.limitedDataUse !== undefined && destination.limitedDataUse !== true) {
    const { country, state } = destination.limitedDataUse
    if ((country === 0) !== (state === 0))
      problems.push({
        path: `${path}.limitedDataUse`,
        message:
          'needs country and state together: {"country": 1, "state": 1000}, or true to let Meta locate the person',
      })
  }
}

function sharedAudiences({ destinations }: Readable, { problems, warnings }: Found): void {
  const schemaOf = new Map<string, { destination: string; schema: string }>()
  destinations.forEach((destination, index) => {
    if (!destination) return
    const path = `destinations.${String(index)}.events`
    for (const [event, audiences] of Object.entries(destination.events)) {
      const repeated = audiences.find((id, at) => audiences.indexOf(id) !== at)
      if (repeated) problems.push({ path: `${path}.${event}`, message: `names audience ${repeated} twice` })
      if (new Set(audiences).size > 1)
        warnings.push({
          path: `${path}.${event}`,
          message: 'maps to several audiences, so its sessions are not sent: a session id is unique in an ad account',
        })
      for (const id of audiences) {
        const schema = destination.userSchema.join()
        const other = schemaOf.get(id)
        if (other && other.schema !== schema)
          problems.push({
            path: `${path}.${event}`,
            message: `audience ${id} has another userSchema in destination "${other.destination}"; an audience keeps one schema for life`,
          })
        schemaOf.set(id, { destination: destination.name, schema })
      }
    }
  })
}
