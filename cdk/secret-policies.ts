import type { Partly, SettingProblem } from '../lib/config/setting-problem.ts'
import type { Destination } from '../lib/config/destinations-schema.ts'

/**
 * IAM's limit for a managed policy, in characters. A role takes ten policies, but a full stack has room for six
 * (stack-size.ts).
 */
const POLICY_CHARACTERS = 6_144
const POLICIES = 6

/** Version, action and brackets around the secrets. */
const FRAME = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Action: 'secretsmanager:GetSecretValue', Effect: 'Allow', Resource: [] }],
}).length

/** The ARN of a name in the partition and region with the longest names. CDK counts 120 characters for any ARN. */
const longestArn = (secret: string) =>
  secret.startsWith('arn:')
    ? secret
    : `arn:aws-us-gov:secretsmanager:ap-southeast-1:123456789012:secret:${secret}-??????`

type Named = Partly<Pick<Destination, 'accessTokenSecret'>>

/** The secrets that destinations name, each once, divided into as few policies as their lengths allow. */
export function secretsByPolicy(destinations: readonly Named[]): string[][] {
  const policies: string[][] = []
  let size = Infinity
  for (const secret of new Set(destinations.flatMap(({ accessTokenSecret }) => accessTokenSecret ?? []))) {
    const length = JSON.stringify(longestArn(secret)).length + 1
    if (size + length > POLICY_CHARACTERS) {
      policies.push([])
      size = FRAME
    }
    policies.at(-1)?.push(secret)
    size += length
  }
  return policies
}

/** The problem when the names of secrets are longer than a role's policies can hold. */
export function tooLongNames(destinations: readonly Named[]): SettingProblem[] {
  const policies = secretsByPolicy(destinations).length
  if (policies <= POLICIES) return []
  return [
    {
      path: 'destinations',
      message: `name secrets (accessTokenSecret) that take ${policies} IAM policies, and there is room for ${POLICIES}: shorten them (names of 256 characters always fit), or divide the destinations between two stacks`,
    },
  ]
}
