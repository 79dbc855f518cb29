import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createErasureReads, createErasureRecords, createPageTable } from '../../lib/aws/erasure-table.ts'
import type { Secret } from '../../lib/aws/secret.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import { createErasedPeople } from '../../lib/erasure/erased-people.ts'
import { createErasure, mostErasedAtOnce } from '../../lib/erasure/erasure.ts'
import { listErasures } from '../../lib/erasure/list-erasures.ts'
import { createNamePeople } from '../../lib/erasure/named-people.ts'
import type { Erasing } from './erase.ts'

/**
 * Wires what erasing needs. It is bundled as a file of its own, which index.ts loads with the first erasure: DynamoDB's
 * client and the phone metadata would double what a cold start reads.
 */
export function createErasing(
  { destinations }: Destinations,
  table: string,
  key: Secret,
  { clock, pause }: { clock: () => number; pause: () => Promise<unknown> },
): Erasing {
  const client = new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: { requestTimeout: 2_000, throwOnRequestTimeout: true },
  })
  const people = createErasedPeople(createPageTable(client, table), key, pause)
  return {
    namePeople: createNamePeople(destinations),
    plan: createErasure(destinations, clock),
    most: mostErasedAtOnce(destinations),
    remember: people.remember,
    isErased: people.read,
    record: createErasureRecords(client, table).write,
    list: (before) => listErasures(createErasureReads(client, table), before),
  }
}
