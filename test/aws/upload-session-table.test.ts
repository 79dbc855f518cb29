import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect, onTestFinished, test } from 'vitest'
import { REGISTER_KEY } from '../../lib/aws/register-table.ts'
import { createUploadSessionTable } from '../../lib/aws/upload-session-table.ts'
import { startAwsEndpoint } from '../../lib/local/aws-endpoint.ts'

test('a session comes back as it was written last, by its own key, from the table of the register', async () => {
  const aws = await startAwsEndpoint({ timeScale: 1 })
  onTestFinished(() => aws.close())
  await aws.createTables([
    {
      TableName: 'register',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: Object.values(REGISTER_KEY).map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: REGISTER_KEY.partition, KeyType: 'HASH' },
        { AttributeName: REGISTER_KEY.sort, KeyType: 'RANGE' },
      ],
    },
  ])
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: aws.url, credentials })
  onTestFinished(() => client.destroy())
  const sessions = createUploadSessionTable(client, 'register')

  await sessions.write('1#add#5', { startedAt: 1_000 })
  await sessions.write('1#add#6', { startedAt: 2_000 })
  expect(await sessions.read('1#add#5')).toEqual({ startedAt: 1_000 })
  await sessions.write('1#add#5', { startedAt: 1_000, endedBy: 'a-message' })
  expect(await sessions.read('1#add#5')).toEqual({ startedAt: 1_000, endedBy: 'a-message' })
  expect(await sessions.read('1#remove#5')).toBe(undefined)
})
