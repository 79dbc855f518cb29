import { checkAppSecretProof, requireValidToken } from './valid-token.ts'
import { errorAnswer, successAnswer } from './answer.ts'
import type { Answer, AnswerContext } from './answer.ts'
import { NEWEST_VERSION, servedVersion } from './api-version.ts'
import { adAccount } from './ad-account.ts'
import { newAudience } from './audience.ts'
import type { Audience } from './audience.ts'
import { audienceList } from './audience-list.ts'
import { audienceNode } from './audience-node.ts'
import { ACCOUNT_ID, audienceNow } from './emulator.ts'
import type { Emulator } from './emulator.ts'
import { FAULTS } from './faults.ts'
import { GraphError, unknownPath, unsupportedRequest } from './graph-error.ts'
import type { GraphRequest } from './graph-request.ts'
import { newAudienceState, unusedId } from './new-audience.ts'
import { sessionList } from './sessions.ts'
import { requireLiving, requireScope, tokenFacts } from './token.ts'
import { countCall, hourlyQuota, isLimited, usageLevel } from './usage.ts'
import { usageHeaders } from './usage-headers.ts'
import { changeUsers, removeFromEveryAudience } from './users-edge.ts'

/** Answers a request as the Graph API does: version, token and proof, object, rate limit, and then the edge. */
export function graphAnswer(emulator: Emulator, request: GraphRequest): Answer {
  const context: AnswerContext = { method: request.method, version: NEWEST_VERSION, headers: {} }
  const { settings } = emulator
  const now = emulator.clock()
  try {
    const [segment = '', ...path] = request.segments
    const served = servedVersion(segment, now, settings.autoUpgrade)
    context.version = served.version
    if (served.warning !== undefined) context.headers['x-ad-api-version-warning'] = served.warning

    const token = requireValidToken(request.token, emulator.accessTokens)
    requireLiving(emulator.token, now)
    const { appSecret } = emulator
    checkAppSecretProof(token, request.parameters, { appSecret, required: settings.requireAppSecretProof, now })
    return successAnswer(edgeAnswer(emulator, request, path, context), context)
  } catch (error) {
    if (error instanceof GraphError) return errorAnswer(error.fields, context)
    throw error
  }
}

function edgeAnswer(emulator: Emulator, request: GraphRequest, path: string[], context: AnswerContext): unknown {
  const { method, parameters } = request
  const [object = '', edge, ...rest] = path
  if (object === '' || rest.length > 0) throw unknownPath(`/${path.join('/')}`)
  if (object === 'debug_token' && edge === undefined && method === 'GET')
    return tokenFacts(parameters.input_token, emulator.accessTokens, emulator.token, emulator.startedAt)
  requireScope(emulator.token, method)

  if (object === `act_${ACCOUNT_ID}`) return accountAnswer(emulator, request, edge, context)

  const audience = audienceNow(emulator, object)
  if (audience === undefined || !isVisible(audience)) throw unsupportedRequest(method, object)
  takeCall(emulator, method === 'POST' && edge === 'users', method, context)
  if (edge === 'users' && (method === 'POST' || method === 'DELETE'))
    return changeUsers(audience, method, parameters, accountNow(emulator))
  if (edge === 'sessions' && method === 'GET') return sessionList(emulator.sessions, object, parameters.session_id)
  if (edge === undefined && method === 'GET') return node(emulator, audience, parameters.fields)
  throw unsupportedRequest(method, object)
}

function accountAnswer(
  emulator: Emulator,
  { method, parameters, url }: GraphRequest,
  edge: string | undefined,
  context: AnswerContext,
): unknown {
  if (edge === 'customaudiences' && method === 'GET') {
    takeCall(emulator, false, method, context)
    const newestFirst = everyAudience(emulator).toReversed()
    return audienceList(
      newestFirst.map((audience) => node(emulator, audience, parameters.fields)),
      parameters,
      url,
    )
  }
  if (edge === 'usersofanyaudience' && method === 'DELETE') {
    takeCall(emulator, false, method, context)
    const lists = everyAudience(emulator).filter(({ state }) => state.subtype === 'CUSTOM')
    return removeFromEveryAudience(lists, parameters, accountNow(emulator))
  }
  if (edge === 'customaudiences' && method === 'POST') {
    takeCall(emulator, false, method, context)
    return { id: createAudience(emulator, parameters) }
  }
  if (edge !== undefined || method !== 'GET') throw unsupportedRequest(method, `act_${ACCOUNT_ID}`)
  return adAccount(ACCOUNT_ID, parameters.fields, emulator.settings)
}

function createAudience({ audiences, settings, clock }: Emulator, parameters: Record<string, unknown>): string {
  if (!settings.termsAccepted) throw new GraphError(FAULTS['terms-of-service'].error)
  const state = newAudienceState(parameters)
  const id = unusedId(new Set(audiences.keys()))
  audiences.set(id, newAudience(id, clock(), state))
  return id
}

/** Meta does not tell what the token may not see from what is not there. */
function isVisible({ state }: Audience): boolean {
  return state.permission !== 'none'
}

function accountNow({ sessions, settings, clock }: Emulator) {
  return { id: ACCOUNT_ID, sessions, settings, now: clock() }
}

function everyAudience(emulator: Emulator): Audience[] {
  return [...emulator.audiences.keys()].flatMap((id) => audienceNow(emulator, id) ?? []).filter(isVisible)
}

function node(emulator: Emulator, audience: Audience, fields: unknown): Record<string, unknown> {
  return audienceNode(audience, fields, { accountId: ACCOUNT_ID, isValueBased: emulator.settings.valueBased })
}

/** Counts the call against the account's quota and sets the usage headers, or refuses it with 80003. */
function takeCall(emulator: Emulator, isUsersPost: boolean, method: string, context: AnswerContext): void {
  const { usage, settings } = emulator
  const now = emulator.clock()
  const quota = hourlyQuota(settings, emulator.audiences.size)
  const isRefused = isLimited(usage, quota, now)
  if (!isRefused || settings.countRefusedCalls)
    countCall(usage, method === 'GET' ? 'read' : 'write', now, settings.tier)

  const call = { accountId: ACCOUNT_ID, isUsersPost, isRefused, callsMade: usage.calls.length }
  Object.assign(context.headers, usageHeaders(usageLevel(usage, quota, now, settings.tier), call, settings))
  if (isRefused) throw new GraphError({ ...FAULTS['rate-limit-80003'].error, status: settings.rateLimitStatus })
}
