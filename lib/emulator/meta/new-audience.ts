import { INITIAL_AUDIENCE_STATE } from './audience-state.ts'
import type { AudienceState } from './audience-state.ts'
import { invalidParameter } from './graph-error.ts'

const REQUIRED = ['name', 'subtype', 'customer_file_source'] as const
const FILE_SOURCES = ['USER_PROVIDED_ONLY', 'PARTNER_PROVIDED_ONLY', 'BOTH_USER_AND_PARTNER_PROVIDED']

/** Ids of created audiences begin here. */
const FIRST_ID = 120_000_000_000_000_001n

/** An id that no audience has yet. */
export function unusedId(taken: ReadonlySet<string>): string {
  let id = FIRST_ID
  while (taken.has(String(id))) id += 1n
  return String(id)
}

/** Reads `POST /act_{id}/customaudiences`. Source: Meta's ad account reference; the text of a missing source is recorded. */
export function newAudienceState(parameters: Record<string, unknown>): AudienceState {
  const missing = REQUIRED.filter((name) => parameters[name] === undefined || parameters[name] === '')
  if (missing.length > 0) throw invalidParameter(`Missing parameter(s): ${missing.join(', ')}`)
  const { name, subtype, customer_file_source: source, description, is_value_based: valueBased } = parameters
  if (typeof name !== 'string') throw invalidParameter('Param name must be a string')
  if (subtype !== 'CUSTOM') throw invalidParameter('Param subtype must be CUSTOM')
  if (!FILE_SOURCES.includes(String(source)))
    throw invalidParameter(`Param customer_file_source must be one of {${FILE_SOURCES.join(', ')}}`)
  if (description !== undefined && typeof description !== 'string')
    throw invalidParameter('Param description must be a string')
  const isValueBased = valueBased === true || valueBased === 'true'
  return { ...INITIAL_AUDIENCE_STATE, name, description: description ?? '', isValueBased }
}
