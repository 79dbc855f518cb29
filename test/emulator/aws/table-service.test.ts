import { expect, test } from 'vitest'
import { startTableService } from '../../../lib/emulator/aws/table-service.ts'

const TABLE = {
  TableName: 'register',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
}

test('writes that are under way when the tables are closed are still made', async () => {
  const tables = await startTableService([TABLE])
  const large = 'x'.repeat(300_000)
  const writes = Array.from({ length: 20 }, (_, id) =>
    tables.call('PutItem', { TableName: 'register', Item: { id: { S: String(id) }, large: { S: large } } }),
  )
  await tables.close()
  expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(writes.map(() => 200))
})
