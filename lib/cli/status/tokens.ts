import type { Destination } from '../../config/destinations-schema.ts'
import type { TokenReading } from '../../graph-api/access-token.ts'
import { createTokenCheck } from '../../graph-api/debug-token.ts'
import { storedToken } from '../secrets/stored-token.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { OutOfReach } from '../wrong-use.ts'

/** The token of a destination. A trial run needs none. */
export type TokenStatus = { destination: string } & (
  | { state: 'valid'; daysLeft: number }
  | { state: 'invalid' | 'token_not_set' | 'token_unreadable' | 'trial_run' }
  | { state: 'unknown'; reason: string }
)

/** Reads the token of each destination, and asks Meta about it. */
export async function readTokens(
  stack: Pick<Stack, 'aws' | 'output' | 'settings' | 'graphApiUrl'>,
  { fetch, clock }: Pick<Surroundings, 'fetch' | 'clock'>,
): Promise<TokenStatus[]> {
  const check = createTokenCheck({ baseUrl: stack.graphApiUrl, fetch, clock })
  const statusOf = async (destination: Destination): Promise<TokenStatus> => {
    const { name, apiVersion, dryRun } = destination
    if (dryRun) return { destination: name, state: 'trial_run' }
    let reading: TokenReading
    try {
      reading = await storedToken(destination, stack)
    } catch (error) {
      // Not everybody who may see the status may read the tokens.
      if (error instanceof OutOfReach) return { destination: name, state: 'unknown', reason: error.message }
      throw error
    }
    if (!reading.ok) return { destination: name, state: reading.reason }
    const answer = await check(apiVersion, reading.token)
    if (!answer.ok) return { destination: name, state: 'unknown', reason: `Meta does not tell (${answer.reason})` }
    return answer.isValid
      ? { destination: name, state: 'valid', daysLeft: answer.daysLeft }
      : { destination: name, state: 'invalid' }
  }
  return Promise.all(stack.settings.destinations.map(statusOf))
}
