import { Aws, Fn, Names, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { PAUSED_TOKEN, accessTokenSecretId } from '../lib/aws/token-source.ts'
import type { Destination, Destinations } from '../lib/config/destinations-schema.ts'
import { acknowledge, allow } from './allow.ts'
import type { Encryption } from './encryption.ts'
import { secretsByPolicy } from './secret-policies.ts'

type AccessTokensProps = { destinations: Destinations; encryption: Encryption }

/** The access token of each destination: a secret that the stack makes, or one that destinations.json names. */
export class AccessTokens extends Construct {
  /**
   * The beginning of the names of the stack's own secrets; the destination's name follows. So functions need no list of
   * names, whose length the environment and policies would limit. It has a part of the stack's id: the secrets outlive
   * the stack, and a new stack of the same name makes new ones.
   */
  readonly prefix: string
  private readonly stackId: string
  private readonly made: boolean
  private readonly readNamed: readonly ManagedPolicy[]

  constructor(scope: Construct, id: string, { destinations: { destinations }, encryption }: AccessTokensProps) {
    super(scope, id)
    this.stackId = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))))
    this.prefix = `${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}-${this.stackId}/`
    const own = destinations.filter(({ accessTokenSecret }) => accessTokenSecret === undefined)
    for (const destination of own) this.makeSecret(destination, encryption)
    this.made = own.length > 0
    this.readNamed = secretsByPolicy(destinations).map((secrets, index) => {
      const resources = secrets.map((secret) => (secret.startsWith('arn:') ? secret : `${this.arnOf(secret)}-??????`))
      const statement = new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources })
      return new ManagedPolicy(this, `Named${index + 1}`, { statements: [statement] })
    })
  }

  /** Lets a function read the tokens. */
  allowReading({ role }: { role?: IRole }): void {
    if (!role) return
    // A policy of the role, so that it exists before the function does.
    for (const policy of this.readNamed) role.addManagedPolicy(policy)
    if (!this.made) return
    allow(role, ['secretsmanager:GetSecretValue'], this.arnOf(`${this.prefix}*`))
    const nameStart = this.prefix.replace(this.stackId, JSON.stringify(Stack.of(this).resolve(this.stackId)))
    const arn = `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${nameStart}*`
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::${arn}]`]: 'Only the stack’s own tokens are called so, by a part of its id.',
    })
  }

  private arnOf(name: string): string {
    return Stack.of(this).formatArn({ service: 'secretsmanager', resource: `secret:${name}` })
  }

  private makeSecret(destination: Destination, { key }: Encryption): void {
    const { name } = destination
    // The id has a dot, which no name has: `Default` and `Resource` have a meaning of their own in CDK.
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
