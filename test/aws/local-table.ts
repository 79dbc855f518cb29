import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { REGISTER_KEY } from '../../lib/aws/register-items.ts'
import { startAwsEndpoint } from '../../lib/emulator/aws/endpoint.ts'

/** The CreateTable request of the register's table, named `register`. */
export const REGISTER_TABLE = {
  TableName: 'register',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: Object.values(REGISTER_KEY).map((name) => ({ AttributeName: name, AttributeType: 'S' })),
  KeySchema: [
    { AttributeName: REGISTER_KEY.partition, KeyType: 'HASH' },
    { AttributeName: REGISTER_KEY.sort, KeyType: 'RANGE' },
  ],
}

/** The register's table, named `register`, in dynalite, which speaks DynamoDB's own protocol; and the real client. */
export async function startLocalTable(): Promise<{ client: DynamoDBClient; close: () => Promise<void> }> {
  const aws = await startAwsEndpoint({ timeScale: 1 })
  await aws.createTables([REGISTER_TABLE])
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: aws.url, credentials })
  return {
    client,
    close: async () => {
      client.destroy()
      await aws.close()
    },
  }
}
