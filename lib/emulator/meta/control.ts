import type { Answer } from './answer.ts'
import { InvalidControlRequest } from './invalid-control-request.ts'
import { audienceNow, reset } from './emulator.ts'
import type { Emulator } from './emulator.ts'
import { plannedFault } from './planned-faults.ts'
import type { PlannedFault } from './planned-faults.ts'
import { changedSettings } from './settings.ts'

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
      return json(404, { error: `no such audience: ${unknownId}; known are ${emulator.audienceIds.join(', ')}` })
    const value = controlValue(emulator, `${method} ${path.slice(PREFIX.length)}`, body)
    if (value !== undefined) return json(200, value)
    return json(404, { error: `unknown control endpoint ${method} ${path}` })
  } catch (error) {
    if (error instanceof InvalidControlRequest) return json(400, { error: error.message })
    throw error
  }
}

function controlValue(emulator: Emulator, endpoint: string, body: Buffer): unknown {
  const audienceId = /^GET \/audiences\/([^/]+)\/members$/.exec(endpoint)?.[1]
  if (audienceId !== undefined) return members(emulator, audienceId)
  switch (endpoint) {
    case 'GET /audiences':
      return { audiences: emulator.audienceIds.map((id) => ({ id, count: members(emulator, id)?.members.length })) }
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
      emulator.settings = changedSettings(emulator.settings, parsed(body))
      return emulator.settings
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
  return id === undefined || emulator.audienceIds.includes(id) ? undefined : id
}

function members(emulator: Emulator, id: string) {
  const audience = audienceNow(emulator, id)
  return audience === undefined ? undefined : { members: [...audience.membership.members] }
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
