import { createHmac } from 'node:crypto'
import { GraphError, invalidParameter } from './graph-error.ts'

const PROOF_LIFE_SECONDS = 300

/** The token of a request: a Bearer header (the older word OAuth too), or the parameter `access_token`. */
export function givenToken(authorization: string | undefined, parameters: Record<string, unknown>): string | undefined {
  const fromHeader = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(authorization?.trim() ?? '')?.[1]
  const fromParameter = parameters.access_token
  return fromHeader ?? (typeof fromParameter === 'string' && fromParameter !== '' ? fromParameter : undefined)
}

/** Refuses a missing token (104; the code is inferred) and one that is not among the valid ones (190). */
export function requireValidToken(token: string | undefined, valid: ReadonlySet<string>): string {
  if (token === undefined)
    throw new GraphError({
      status: 400,
      code: 104,
      message: 'An access token is required to request this resource.',
    })

  if (!valid.has(token))
    throw new GraphError({
      status: 400,
      code: 190,
      message: 'Invalid OAuth access token - Cannot parse access token',
    })

  return token
}

/**
 * Checks `appsecret_proof`: hex HMAC-SHA256 of the token, or, with `appsecret_time`, of `token|time`, which lives five
 * minutes. Without a known app secret any proof passes. Source: Meta's guide on securing requests.
 */
export function checkAppSecretProof(
  token: string,
  parameters: Record<string, unknown>,
  { appSecret, required, now }: { appSecret: string | undefined; required: boolean; now: number },
): void {
  const { appsecret_proof: proof, appsecret_time: time } = parameters
  if (proof === undefined) {
    if (required) throw proofError('API calls from the server require an appsecret_proof argument')
    return
  }
  if (appSecret === undefined) return
  const seconds = time === undefined ? undefined : Number(time)
  const message = seconds === undefined ? token : `${token}|${seconds}`
  const isTimely = seconds === undefined || Math.abs(now / 1000 - seconds) <= PROOF_LIFE_SECONDS
  if (!isTimely || proof !== createHmac('sha256', appSecret).update(message).digest('hex'))
    throw proofError('Invalid appsecret_proof provided in the API argument')
}

function proofError(message: string): GraphError {
  return invalidParameter('', { message, type: 'GraphMethodException' })
}
