import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { ERASURE_PARTITIONS, progressPartition } from '../lib/aws/erasure-table.ts'
import { receiptPartition } from '../lib/aws/receipt-table.ts'
import { REGISTER_EXPIRY, REGISTER_KEY } from '../lib/aws/register-items.ts'
import { acknowledge, allow } from './allow.ts'
import type { Encryption } from './encryption.ts'

/**
 * The register of what was added and removed. With it, a late add does not put back a person who was removed. It keeps
 * cut hashes and times for 60 days, and who was erased without end.
 */
export class Register extends Construct {
  readonly table: Table
  /** With it, the list of erased people holds hashes that nobody else can make. */
  readonly erasureKey: Secret

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
    this.erasureKey = new Secret(this, 'ErasureKey', {
      description: 'Key of the hashes of erased people. Never change it: with another key nobody on the list is known',
      generateSecretString: { excludePunctuation: true, passwordLength: 64 },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(key && { encryptionKey: key }),
    })
    acknowledge(this.erasureKey, {
      'AwsSolutions-SMG4': 'A new key would make the list of erased people useless, so it must never change.',
    })
  }

  /** Lets a function write receipts of requests in batches, and nothing else in this way. */
  allowReceipts(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:BatchWriteItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [receiptPartition('*')] } },
      }),
    )
  }

  /** Lets a function add to the list of erased people and to the records of erasures, and read what became of these. */
  allowErasing(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:PutItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ERASURE_PARTITIONS } },
      }),
    )
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: [this.table.tableArn],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...ERASURE_PARTITIONS, progressPartition('*')] },
        },
      }),
    )
    allow(grantee, ['secretsmanager:GetSecretValue'], this.erasureKey.secretArn)
  }
}
