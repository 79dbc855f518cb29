import { RemovalPolicy } from 'aws-cdk-lib'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { allow } from './allow.ts'
import type { Settings } from './settings.ts'

/** The key of queues, register and secrets: one of the account's own, rotated every year, or AWS's without charge. */
export class Encryption extends Construct {
  /** Undefined when AWS's own keys are used. */
  readonly key: Key | undefined

  constructor(scope: Construct, id: string, encryption: Settings['encryption']) {
    super(scope, id)
    if (encryption === 'aws-owned') return
    this.key = new Key(this, 'Key', {
      description: 'Queues, register and secrets of facebook-audience-sync',
      enableKeyRotation: true,
      // What is kept can be read only with it.
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }

  /** Reading a secret or the register, and receiving from a queue. */
  allowReading(grantee: IGrantable): void {
    if (this.key) allow(grantee, ['kms:Decrypt'], this.key.keyArn)
  }

  /** The same, and sending to a queue. */
  allowSending(grantee: IGrantable): void {
    if (this.key) allow(grantee, ['kms:Decrypt', 'kms:GenerateDataKey'], this.key.keyArn)
  }
}
