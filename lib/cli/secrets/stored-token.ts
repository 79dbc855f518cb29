import { accessTokenSecretId, createTokenSource } from '../../aws/token-source.ts'
import type { Destination } from '../../config/destinations-schema.ts'
import type { TokenReading } from '../../graph-api/access-token.ts'
import type { Stack } from '../stack/stack.ts'
import { withSecret } from './secret.ts'

/** The token of a destination, as its functions would read it. Throws OutOfReach. */
export async function storedToken(
  destination: Destination,
  stack: Pick<Stack, 'aws' | 'output'>,
): Promise<TokenReading> {
  const secretId = accessTokenSecretId(destination, stack.output('AccessTokenPrefix'))
  const text = await withSecret(stack, secretId, ({ read }) => read())
  const get = () => Promise.resolve(text)
  return createTokenSource({ get, refresh: get }).get()
}
