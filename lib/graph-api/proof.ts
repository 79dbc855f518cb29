import { createHmac } from 'node:crypto'
import type { AccessToken } from './access-token.ts'

/**
 * The proof beside the token of an app that asks for proofs: the HMAC-SHA256 of `token|time` with the app secret. It
 * lives five minutes, so it is made when the request is sent. Source: Meta's guide on securing requests.
 */
export function proofOf({ accessToken, appSecret }: AccessToken, clock: () => number) {
  if (appSecret === undefined) return {}
  const time = Math.floor(clock() / 1000)
  const proof = createHmac('sha256', appSecret).update(`${accessToken}|${time}`).digest('hex')
  return { appsecret_proof: proof, appsecret_time: time }
}
