import { toJsonSchema } from '@valibot/to-json-schema'
import { expect, test } from 'vitest'
import { destinationsSchema } from '../../lib/config/destinations-schema.ts'

test('cdk/destinations.schema.json, which editors check the settings with, says what the validator says', async () => {
  const schema = toJsonSchema(destinationsSchema, { typeMode: 'input', errorMode: 'ignore' })
  const file = { $comment: 'Generated from lib/config/destinations-schema.ts: npm test -- -u', ...schema }
  await expect(`${JSON.stringify(file, null, 2)}\n`).toMatchFileSnapshot('../../cdk/destinations.schema.json')
})
