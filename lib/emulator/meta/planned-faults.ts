import { FAULT_NAMES, fault, isFaultName } from './faults.ts'
import type { Fault, FaultName } from './faults.ts'
import type { GraphRequest } from './graph-request.ts'
import { InvalidControlRequest } from './invalid-control-request.ts'
import { isRecord } from './json.ts'
import { seededRandom } from './seeded-random.ts'

const FIELDS = 'fault audience method times probability seed identifier answer applies delayMs regainMinutes'.split(' ')

/** A fault that waits for the requests it is meant for. `times` is null while it has no end. */
export type PlannedFault = {
  name: FaultName
  audience?: string
  method?: string
  identifier?: string
  times: number | null
  probability?: number
  random: () => number
  applies: boolean
  delayMs: number
  regainMinutes: number
}

/**
 * Reads `{"fault", "audience"?, "method"?, "times"?, …}`. A fault fires once unless `times` says otherwise; one with a
 * `probability`, and `poison`, stays until it is cleared. `poison` is any fault (`answer`, by default an HTML page)
 * that strikes each request with `identifier` in a cell.
 */
export function plannedFault(input: unknown): PlannedFault {
  if (!isRecord(input)) throw new InvalidControlRequest('a fault must be a JSON object')
  const unknown = Object.keys(input).find((name) => !FIELDS.includes(name))
  if (unknown !== undefined) throw new InvalidControlRequest(`unknown "${unknown}", allowed: ${FIELDS.join(', ')}`)
  const isPoison = input.fault === 'poison'
  const name = isPoison ? (input.answer ?? 'html-400') : input.fault
  if (!isFaultName(name))
    throw new InvalidControlRequest(`unknown fault ${JSON.stringify(name)}, allowed: ${FAULT_NAMES.join(', ')}, poison`)

  const identifier = optional(input, 'identifier', isText, 'a text')
  if (isPoison && identifier === undefined) throw new InvalidControlRequest('poison needs "identifier"')
  const probability = optional(input, 'probability', isProbability, 'a number from 0 to 1')
  const audience = optional(input, 'audience', isText, 'an audience id or act_1 as text')
  const method = optional(input, 'method', isText, 'an HTTP method')
  const times = optional(input, 'times', isPositive, 'a whole number from 1')
  const { applies, delayMs = 0, ...effect } = fault(name)
  const override = optional(input, 'applies', isBoolean, 'true or false')
  if (override === false && !hasOwnAnswer(effect))
    throw new InvalidControlRequest(`${name} answers with what the request gives, so it always applies`)

  return {
    name,
    times: times ?? (isPoison || probability !== undefined ? null : 1),
    random: seededRandom(optional(input, 'seed', isInteger, 'a whole number') ?? 1),
    applies: override ?? applies,
    delayMs: optional(input, 'delayMs', isCount, 'a whole number from 0') ?? delayMs,
    regainMinutes: optional(input, 'regainMinutes', isCount, 'a whole number from 0') ?? 5,
    ...(audience === undefined ? {} : { audience }),
    ...(method === undefined ? {} : { method: method.toUpperCase() }),
    ...(identifier === undefined ? {} : { identifier }),
    ...(probability === undefined ? {} : { probability }),
  }
}

/** The first planned fault that strikes this request; one that has struck its last time is taken off the plan. */
export function strikingFault(planned: PlannedFault[], request: GraphRequest): (PlannedFault & Fault) | undefined {
  const striking = planned.find(
    (candidate) =>
      (candidate.audience === undefined || candidate.audience === request.segments[1]) &&
      (candidate.method === undefined || candidate.method === request.method) &&
      (candidate.identifier === undefined || hasCell(request, candidate.identifier)) &&
      (candidate.probability === undefined || candidate.random() < candidate.probability),
  )
  if (striking === undefined) return undefined
  if (striking.times !== null && --striking.times === 0) planned.splice(planned.indexOf(striking), 1)
  return { ...fault(striking.name), ...striking }
}

function hasOwnAnswer({ error, page, connection }: Omit<Fault, 'applies'>): boolean {
  return error !== undefined || page !== undefined || connection === 'reset' || connection === 'hang'
}

function hasCell({ parameters: { payload } }: GraphRequest, identifier: string): boolean {
  if (!isRecord(payload) || !Array.isArray(payload.data)) return false
  return payload.data.some((row: unknown) => (Array.isArray(row) ? row.includes(identifier) : row === identifier))
}

type IsNumber = (value: unknown) => value is number
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
const isInteger: IsNumber = (value): value is number => Number.isSafeInteger(value)
const isCount: IsNumber = (value): value is number => isInteger(value) && value >= 0
const isPositive: IsNumber = (value): value is number => isCount(value) && value > 0
const isProbability: IsNumber = (value): value is number => typeof value === 'number' && value >= 0 && value <= 1

function optional<T>(
  input: Record<string, unknown>,
  name: string,
  accepts: (value: unknown) => value is T,
  takes: string,
): T | undefined {
  const value = input[name]
  if (value === undefined) return undefined
  if (!accepts(value)) throw new InvalidControlRequest(`"${name}" takes ${takes}`)
  return value
}
