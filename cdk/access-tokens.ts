import { CfnElement, RemovalPolicy, SecretValue } from 'aws-cdk-lib'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { PAUSED_TOKEN } from '../lib/aws/access-token.ts'
import type { Destination, Destinations } from '../lib/config/destinations-schema.ts'
import { acknowledge, allow } from './allow.ts'
import type { Encryption } from './encryption.ts'

/** Lambda allows 4 KB of environment in all, and the other variables take less than the rest. */
const MOST_BYTES = 4096 - 700

/** Of an ARN in JSON without the secret's logical id, in the region with the longest name. */
const ARN_BYTES = 84

type AccessTokensProps = { destinations: Destinations; encryption: Encryption }

/** The access token of each destination: a secret that the stack makes, or one that destinations.json names. */
export class AccessTokens extends Construct {
  /** The variable ACCESS_TOKEN_SECRETS. Secrets that destinations.json names itself need no place in it. */
  readonly secretIds: string
  private readonly secrets: readonly ISecret[]
  private readonly encryption: Encryption

  constructor(scope: Construct, id: string, { destinations: { destinations }, encryption }: AccessTokensProps) {
    super(scope, id)
    this.encryption = encryption
    const secrets = destinations.map((destination) => ({ destination, secret: this.secretOf(destination) }))
    this.secrets = secrets.map(({ secret }) => secret)
    const own = secrets.filter(({ destination }) => destination.accessTokenSecret === undefined)
    const bytes = own.reduce((sum, { destination, secret }) => sum + destination.name.length + arnBytes(secret), 0)
    if (bytes > MOST_BYTES)
      throw new Error(
        `${String(own.length)} destinations have no accessTokenSecret, and the addresses of so many secrets do not fit into the function's environment: create some of the secrets yourself and name them in destinations.json`,
      )
    const ids = own.map(({ destination, secret }) => [destination.name, secret.secretArn])
    this.secretIds = JSON.stringify(Object.fromEntries(ids))
  }

  /** Lets a function read the tokens. */
  allowReading(grantee: IGrantable): void {
    const arns = this.secrets.map((secret) => readableArn(secret))
    allow(grantee, ['secretsmanager:GetSecretValue'], ...new Set(arns))
  }

  private secretOf({ name, accessTokenSecret }: Destination): ISecret {
    if (accessTokenSecret?.startsWith('arn:'))
      // Secrets Manager ends an ARN with six characters of its own, which people leave out.
      return /-[A-Za-z0-9]{6}$/.test(accessTokenSecret)
        ? Secret.fromSecretCompleteArn(this, name, accessTokenSecret)
        : Secret.fromSecretPartialArn(this, name, accessTokenSecret)
    if (accessTokenSecret) return Secret.fromSecretNameV2(this, name, accessTokenSecret)
    const { key } = this.encryption
    const secret = new Secret(this, name, {
      description: `Meta access token of destination "${name}": the token, or {"accessToken": "…", "appSecret": "…"}`,
      secretStringValue: SecretValue.unsafePlainText(PAUSED_TOKEN),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(key && { encryptionKey: key }),
    })
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'Only Meta can issue a token, to a person; the health function watches the day it ends.',
    })
    return secret as ISecret
  }
}

/** About how long the address of a secret that this stack makes will be: CloudFormation names it after its logical id. */
function arnBytes(secret: ISecret): number {
  const { defaultChild } = secret.node
  return ARN_BYTES + (CfnElement.isCfnElement(defaultChild) ? secret.stack.getLogicalId(defaultChild).length : 0)
}

function readableArn(secret: ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`
}
