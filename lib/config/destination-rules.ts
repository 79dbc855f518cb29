import { consentRules } from './consent-rules.ts'
import type { Destination, Source } from './destinations-schema.ts'
import type { Found, Partly, SettingProblem } from './setting-problem.ts'
import { mappingRules, sharedAudiences } from './mapping-rules.ts'
import { SCHEMA_FIELDS, canMatch } from './schema-field.ts'

type Readable = { sources: readonly Partly<Source>[]; destinations: readonly Partly<Destination>[] }

/** Checks the rules between settings, which no single setting can break alone. */
export function crossSettingProblems(settings: Readable): Found {
  const found: Found = { problems: [], warnings: [] }
  duplicateNames(settings, found)
  sourceReferences(settings, found)
  settings.destinations.forEach((destination, index) => {
    schemaRules(destination, `destinations.${String(index)}`, found)
    mappingRules(destination, settings.sources, `destinations.${String(index)}`, found)
    partialArn(destination, `destinations.${String(index)}`, found)
  })
  sharedAudiences(settings, found)
  consentRules(settings.destinations, found)
  return found
}

/** Whether every JavaScript object inherits a property of this name. */
const isInherited = (word: string) => word in Object.prototype || word === 'prototype'

/** Names and keys of the file that cannot be used, in any place. */
export function reservedWords(input: unknown, path: readonly string[] = []): SettingProblem[] {
  if (typeof input !== 'object' || input === null) {
    const isReserved = path.at(-1) === 'name' && typeof input === 'string' && isInherited(input)
    return isReserved ? [{ path: path.join('.'), message: `"${input}" cannot be used; choose another` }] : []
  }
  return Object.entries(input).flatMap(([key, value]) => {
    const inside = [...path, key]
    return isInherited(key)
      ? [{ path: inside.join('.'), message: 'is a name that cannot be used; choose another' }]
      : reservedWords(value, inside)
  })
}

function duplicateNames(settings: Readable, { problems }: Found): void {
  for (const list of ['sources', 'destinations'] as const) {
    // Secrets and metrics are named after these, and some of their names ignore case.
    const names = settings[list].map(({ name }) => name?.toLowerCase())
    names.forEach((name, index) => {
      const first = names.indexOf(name)
      if (name !== undefined && first < index)
        problems.push({
          path: `${list}.${index}.name`,
          message: `repeats the name of ${list}.${first}; give it another`,
        })
    })
  }
}

function sourceReferences({ sources, destinations }: Readable, { problems }: Found): void {
  const names = sources.map(({ name }) => name)
  // A name that cannot be read may be the missing one.
  const allSources = !names.includes(undefined) && sources.length > 0
  const allDestinations = destinations.every((each) => each.sources !== undefined) && destinations.length > 0
  destinations.forEach((destination, index) => {
    if (!destination.sources || !allSources) return
    const path = `destinations.${index}.sources`
    for (const name of destination.sources)
      if (!names.includes(name)) problems.push({ path, message: `names "${name}", which is not in sources` })
    if (destination.sources.length === 0)
      problems.push({
        path,
        message:
          'is missing: all sources have allowedOrigins, and such a source feeds a destination only if it is named here',
      })
  })
  sources.forEach((source, index) => {
    const { name, signed, allowedOrigins, mayErase } = source
    const isFeeding = name === undefined || destinations.some((each) => each.sources?.includes(name))
    // A source may be for erasures alone, and so may one whose mayErase cannot be read.
    if (mayErase === false && allDestinations && !isFeeding)
      problems.push({
        path: `sources.${index}`,
        message: `"${name}" feeds no destination; name it in a destination's sources, or remove it`,
      })
    if (signed && allowedOrigins)
      problems.push({ path: `sources.${index}.signed`, message: 'is for webhooks; browsers cannot sign' })
    if (mayErase && 'allowedOrigins' in source)
      problems.push({
        path: `sources.${index}.mayErase`,
        message:
          'is not for a source with allowedOrigins: every visitor of a page can read its key, and could erase anybody; make a source of its own for erasures, without allowedOrigins',
      })
  })
}

function schemaRules(destination: Partly<Destination>, path: string, { problems, warnings }: Found): void {
  const { userSchema, isValueBasedAudience } = destination
  limitedDataUse(destination, path, problems)
  if (!userSchema) return
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
  if (valued && isValueBasedAudience === false)
    problems.push({
      path: `${path}.isValueBasedAudience`,
      message:
        'must be true for LOOKALIKE_VALUE; set it (the audience must have been created value based) or drop the field',
    })
  if (isValueBasedAudience && !valued)
    problems.push({
      path: `${path}.userSchema`,
      message: 'needs LOOKALIKE_VALUE, because isValueBasedAudience is true',
    })
}

// Secrets Manager's own six characters are rarely only small letters. `…:secret:facebook-secret` is rather an
// incomplete ARN.
function partialArn({ accessTokenSecret = '' }: Partly<Destination>, path: string, { warnings }: Found): void {
  if (/^arn:.*-[a-z]{6}$/.test(accessTokenSecret))
    warnings.push({
      path: `${path}.accessTokenSecret`,
      message:
        'may lack the six characters at the end of an ARN; without them it cannot be read. Give the whole ARN, or only the name',
    })
}

function limitedDataUse(
  { limitedDataUse: given }: Partly<Destination>,
  path: string,
  problems: SettingProblem[],
): void {
  if (given === undefined || given === true || (given.country === 0) === (given.state === 0)) return
  problems.push({
    path: `${path}.limitedDataUse`,
    message: 'needs country and state together: {"country": 1, "state": 1000}, or true to let Meta locate the person',
  })
}
