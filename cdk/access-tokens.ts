import { Aws, Fn, Names, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { accessTokenSecretId, PAUSED_TOKEN } from '../lib/aws/token-source.ts'
import type { Destination, Destinations } from '../lib/config/destinations-schema.ts'
import { acknowledge, allow } from './allow.ts'
import type { Encryption } from './encryption.ts'

/** A statement may not exceed the 6,144 characters of a policy; CDK spreads several over as many policies as they take. */
const SECRETS_IN_STATEMENT = 10

type AccessTokensProps = { destinations: Destinations; encryption: Encryption }

/** The access token of each destination: a secret that the stack makes, or one that destinations.json names. */
export class AccessTokens extends Construct {
  /**
   * What the names of the stack's own secrets begin with, before the destination's name: so functions need no list of
   * them, whose length the environment and policies would limit. It has a part of the stack's id, because the secrets
   * outlive the stack, and a new one of the same name makes new ones.
   */
  readonly prefix: string
  private readonly stackId: string
  private readonly made: boolean
  private readonly named: readonly string[]

  constructor(scope: Construct, id: string, { destinations: { destinations }, encryption }: AccessTokensProps) {
    super(scope, id)
    this.stackId = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))))
    this.prefix = `${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}-${this.stackId}/`
    const own = destinations.filter(({ accessTokenSecret }) => accessTokenSecret === undefined)
    for (const destination of own) this.makeSecret(destination, encryption)
    this.made = own.length > 0
    this.named = destinations.flatMap(({ accessTokenSecret }) => accessTokenSecret ?? [])
  }

  /** Lets a function read the tokens. */
  allowReading({ role: grantee }: { role?: IRole }): void {
    if (!grantee) return
    const stack = Stack.of(this)
    const arnOf = (name: string) => stack.formatArn({ service: 'secretsmanager', resource: `secret:${name}` })
    const read = (...arns: string[]) => allow(grantee, ['secretsmanager:GetSecretValue'], ...arns)
    if (this.made) {
      read(arnOf(`${this.prefix}*`))
      const nameStart = this.prefix.replace(this.stackId, JSON.stringify(stack.resolve(this.stackId)))
      const arn = `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${nameStart}*`
      acknowledge(grantee, {
        [`AwsSolutions-IAM5[Resource::${arn}]`]: 'Only the stack’s own tokens are called so, by a part of its id.',
      })
    }
    const arns = [...new Set(this.named)].map((named) =>
      named.startsWith('arn:') ? wholeArn(named) : `${arnOf(named)}-??????`,
    )
    for (let start = 0; start < arns.length; start += SECRETS_IN_STATEMENT)
      read(...arns.slice(start, start + SECRETS_IN_STATEMENT))
  }

  private makeSecret(destination: Destination, { key }: Encryption): void {
    const { name } = destination
    // With a dot, which no name has: `Default` and `Resource` are ids with a meaning of their own in CDK.
    const secret = new Secret(this, `${name}.Secret`, {
      secretName: accessTokenSecretId(destination, this.prefix),
      description: `Meta access token of destination "${name}": the token, or {"accessToken": "…", "appSecret": "…"}`,
      secretStringValue: SecretValue.unsafePlainText(PAUSED_TOKEN),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(key && { encryptionKey: key }),
    })
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'Only Meta can issue a token, to a person; the health function watches the day it ends.',
    })
  }
}

// Secrets Manager ends an ARN with six characters of its own, which people leave out.
function wholeArn(arn: string): string {
  return /-[A-Za-z0-9]{6}$/.test(arn) ? arn : `${arn}-??????`
}
