import { Annotations, RemovalPolicy } from 'aws-cdk-lib'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { allow } from './allow.ts'
import type { Settings } from './settings.ts'

/**
 * The key of queues, register and secrets: a KMS key of the account, rotated every year, or AWS's keys without charge.
 */
export class Encryption extends Construct {
  /** Undefined when AWS's own keys are used. */
  readonly key: Key | undefined
  private readonly readableKeys: readonly string[]

  constructor(scope: Construct, id: string, settings: Pick<Settings, 'encryption' | 'formerKeyArn'>) {
    super(scope, id)
    const { encryption, formerKeyArn } = settings
    if (encryption === 'own-key')
      this.key = new Key(this, 'Key', {
        description: 'Queues, register and secrets of facebook-audience-sync',
        enableKeyRotation: true,
        // The key stays, because data that outlives the stack can be read only with it.
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      })
    else if (formerKeyArn === undefined)
      Annotations.of(this).addWarningV2(
        'facebook-audience-sync:formerKeyArn',
        'If this stack had the encryption "own-key" before, set formerKeyArn to its output KeyArn. SQS does not encrypt messages anew, so those that wait can be read only with that key. Keep formerKeyArn for 14 days. Keep it as long when you switch back, because the stack then makes another key. A new stack needs none of this.',
      )
    const former = formerKeyArn === undefined ? [] : [formerKeyArn]
    this.readableKeys = this.key ? [this.key.keyArn, ...former] : former
  }

  /** Lets a function read secrets and the register, and receive from queues. */
  allowReading(grantee: IGrantable): void {
    if (this.readableKeys.length > 0) allow(grantee, ['kms:Decrypt'], ...this.readableKeys)
  }

  /** Lets a function do what `allowReading` allows, and send to queues. */
  allowSending(grantee: IGrantable): void {
    this.allowReading(grantee)
    if (this.key) allow(grantee, ['kms:GenerateDataKey'], this.key.keyArn)
  }
}
