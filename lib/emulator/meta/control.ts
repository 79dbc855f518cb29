import type { Answer } from './answer.ts'
import type { Audience } from './audience.ts'
import { AUDIENCE_STATE } from './audience-state.ts'
import { isRecord } from './json.ts'
import { InvalidControlRequest } from './invalid-control-request.ts'
import { audienceNow, reset } from './emulator.ts'
import type { Emulator } from './emulator.ts'
import { plannedFault } from './planned-faults.ts'
import type { PlannedFault } from './planned-faults.ts'
import { changedValues } from './setting.ts'
import { SETTINGS } from './settings.ts'
import { TOKEN } from './token.ts'

const PREFIX = '/_emulator'

/** Whether a path belongs to the emulator itself and not to the Graph API. */
export function isControlPath(path: string): boolean {
  return path === PREFIX || path.startsWith(`${PREFIX}/`)
}

/** Answers a request to the emulator itself. */
export function controlAnswer(emulator: Emulator, method: string, path: string, body: Buffer): Answer {
  try {
    const unknownId = unknownAudience(emulator, path)
    if (unknownId !== undefined)
      return json(404, {
        error: `no such audience: ${unknownId}; known are ${[...emulator.audiences.keys()].join(', ')}`,
      })
    const value = controlValue(emulator, `${method} ${path.slice(PREFIX.length)}`, body)
    if (value !== undefined) return json(200, value)
    return json(404, { error: `unknown control endpoint ${method} ${path}` })
  } catch (error) {
    if (error instanceof InvalidControlRequest) return json(400, { error: error.message })
    throw error
  }
}

function controlValue(emulator: Emulator, endpoint: string, body: Buffer): unknown {
  const [, verb, id = '', edge] = /^(GET|PATCH) \/audiences\/([^/]+)(\/members)?$/.exec(endpoint) ?? []
  const audience = audienceNow(emulator, id)
  if (audience && verb === 'GET') return edge === undefined ? shownAudience(audience) : members(audience)
  if (audience && verb === 'PATCH' && edge === undefined) {
    audience.state = changedValues(AUDIENCE_STATE, audience.state, parsed(body))
    return shownAudience(audience)
  }
  switch (endpoint) {
    case 'GET /audiences':
      return {
        audiences: [...emulator.audiences.keys()]
          .flatMap((id) => audienceNow(emulator, id) ?? [])
          .map((each) => ({ id: each.id, count: each.membership.members.size })),
      }
    case 'GET /requests':
      return { requests: emulator.requests }
    case 'GET /faults':
      return { faults: emulator.faults.map(shownFault) }
    case 'POST /faults':
      emulator.faults.push(plannedFault(parsed(body)))
      return { faults: emulator.faults.map(shownFault) }
    case 'DELETE /faults':
      emulator.faults = []
      return { faults: [] }
    case 'GET /settings':
      return emulator.settings
    case 'PATCH /settings':
      emulator.settings = changedValues(SETTINGS, emulator.settings, parsed(body))
      return emulator.settings
    case 'GET /token':
      return emulator.token
    case 'PATCH /token':
      emulator.token = changedValues(TOKEN, emulator.token, parsed(body))
      return emulator.token
    case 'PUT /access-tokens':
      emulator.accessTokens = new Set(accessTokens(parsed(body)))
      return { accessTokens: emulator.accessTokens.size }
    case 'POST /reset':
      reset(emulator)
      return { reset: true }
    default:
      return undefined
  }
}

/** The id in a path of an audience that is not here. */
function unknownAudience(emulator: Emulator, path: string): string | undefined {
  const id = /\/audiences\/([^/]+)(?:\/|$)/.exec(path)?.[1]
  return id === undefined || emulator.audiences.has(id) ? undefined : id
}

/** A rotation: tokens that are not named are no longer valid. */
function accessTokens(body: unknown): string[] {
  const tokens = isRecord(body) ? body.accessTokens : undefined
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string' && token !== ''))
    throw new InvalidControlRequest('the body must be {"accessTokens":["…"]}')
  return tokens as string[]
}

function members({ membership }: Audience) {
  return { members: [...membership.members] }
}

function shownAudience({ id, membership, state }: Audience) {
  return { id, count: membership.members.size, ...state }
}

function shownFault({ name, random: _random, ...planned }: PlannedFault) {
  return { fault: name, ...planned }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new InvalidControlRequest('the body must be JSON')
  }
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
