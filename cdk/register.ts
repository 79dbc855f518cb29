import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { REGISTER_EXPIRY, REGISTER_KEY } from '../lib/aws/register-table.ts'
import type { Encryption } from './encryption.ts'

/**
 * The register of what was added and removed. With it, a late add does not put back a person who was removed. It keeps
 * cut hashes and times for 60 days.
 */
export class Register extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string, { encryption: { key } }: { encryption: Encryption }) {
    super(scope, id)
    this.table = new Table(this, 'Table', {
      partitionKey: { name: REGISTER_KEY.partition, type: AttributeType.STRING },
      sortKey: { name: REGISTER_KEY.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: REGISTER_EXPIRY,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
      // The table stays: without it, an add that waits in a queue could put back a person who was removed.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    })
  }
}
