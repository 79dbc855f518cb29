import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import type { Direction } from '../audience/change.ts'
import { OTHERS_TURN_MS } from '../register/head.ts'
import type { Head, HeadTable } from '../register/head.ts'
import type { LogItem, LogTable } from '../register/log.ts'
import {
  REGISTER_EXPIRY,
  REGISTER_KEY,
  expiry,
  headKey,
  itemsOf,
  keyOf,
  number,
  sortable,
  unlessRefused,
} from './register-items.ts'
import type { Client, Item } from './register-items.ts'

/** The heads of audiences in DynamoDB. Each is one item in a partition of its own. */
export function createHeadTable(client: Client, table: string): HeadTable {
  const update = (audienceId: string, what: Partial<UpdateItemCommandInput>) =>
    client.send(new UpdateItemCommand({ TableName: table, Key: headKey(audienceId), ...what }))
  return {
    take: async ({ audienceId, holder, now, heldUntil, bringsRemovals }) => {
      const isFree = '(attribute_not_exists(holder) OR heldUntil < :now OR holder = :holder)'
      const isNotKept = '(attribute_not_exists(removalsUntil) OR removalsUntil < :now)'
      // While the audience rests, any turn may take the head: it finds the rest, and gives the head back. Only after the
      // rest is the head kept for removals.
      const isForAll = '(attribute_not_exists(onlyRemovalsUntil) OR onlyRemovalsUntil < :now OR restUntil > :now)'
      const taken = await unlessRefused(
        update(audienceId, {
          UpdateExpression: `SET holder = :holder, heldUntil = :heldUntil, ${REGISTER_EXPIRY} = :expiresAt${bringsRemovals ? ', keptFrom = :keptFrom REMOVE removalsUntil' : ''}`,
          ConditionExpression: bringsRemovals ? isFree : `${isFree} AND ${isNotKept} AND ${isForAll}`,
          ExpressionAttributeValues: {
            ':holder': { S: holder },
            ':now': number(now),
            ':heldUntil': number(heldUntil),
            ':expiresAt': expiry(now),
            ...(bringsRemovals && { ':keptFrom': number(now + OTHERS_TURN_MS) }),
          },
          ReturnValues: 'ALL_OLD',
        }),
      )
      return taken && headIn(taken.Attributes ?? {})
    },
    keepForRemovals: async (audienceId, now, until) => {
      await unlessRefused(
        update(audienceId, {
          UpdateExpression: 'SET removalsUntil = :until',
          ConditionExpression: 'attribute_not_exists(keptFrom) OR keptFrom < :now',
          ExpressionAttributeValues: { ':now': number(now), ':until': number(until) },
        }),
      )
    },
    giveBack: async (audienceId, holder, { restUntil, newestAdd, newestRemove, lastKey, onlyRemovalsUntil }) => {
      // The update is refused if an earlier attempt has given the head back and only its answer was lost.
      await unlessRefused(
        update(audienceId, {
          UpdateExpression: `SET restUntil = :restUntil, newestAdd = :newestAdd, newestRemove = :newestRemove, lastKey = :lastKey${onlyRemovalsUntil === undefined ? '' : ', onlyRemovalsUntil = :onlyRemovalsUntil'} REMOVE holder, heldUntil`,
          ConditionExpression: 'holder = :holder',
          ExpressionAttributeValues: {
            ':holder': { S: holder },
            ':restUntil': number(restUntil),
            ':newestAdd': number(newestAdd),
            ':newestRemove': number(newestRemove),
            ':lastKey': number(lastKey),
            ...(onlyRemovalsUntil !== undefined && { ':onlyRemovalsUntil': number(onlyRemovalsUntil) }),
          },
        }),
      )
    },
    letGo: async (audienceId, holder) => {
      await unlessRefused(
        update(audienceId, {
          UpdateExpression: 'SET heldUntil = :past',
          ConditionExpression: 'holder = :holder',
          ExpressionAttributeValues: { ':holder': { S: holder }, ':past': number(0) },
        }),
      )
    },
  }
}

/** The logs of audiences in DynamoDB. The partition is an audience and direction; the order is the time of writing. */
export function createLogTable(client: Client, table: string): LogTable {
  return {
    append: async ({ audienceId, direction, key, entries }) => {
      const Item = {
        ...keyOf(partitionOf(audienceId, direction), sortable(key)),
        entries: { B: entries },
        [REGISTER_EXPIRY]: expiry(key),
      }
      await client.send(new PutItemCommand({ TableName: table, Item }))
    },
    read: async function* (audienceId, direction, since) {
      const wanted = { partition: partitionOf(audienceId, direction), from: sortable(since), newestFirst: true }
      for await (const items of itemsOf(client, table, wanted))
        for (const item of items) yield logItemIn(audienceId, direction, item)
    },
  }
}

function headIn({ holder, heldUntil, restUntil, newestAdd, newestRemove, lastKey }: Item): Partial<Head> {
  return {
    ...(holder?.S !== undefined && { holder: holder.S }),
    ...(heldUntil?.N !== undefined && { heldUntil: Number(heldUntil.N) }),
    ...(restUntil?.N !== undefined && { restUntil: Number(restUntil.N) }),
    ...(newestAdd?.N !== undefined && { newestAdd: Number(newestAdd.N) }),
    ...(newestRemove?.N !== undefined && { newestRemove: Number(newestRemove.N) }),
    ...(lastKey?.N !== undefined && { lastKey: Number(lastKey.N) }),
  }
}

function partitionOf(audienceId: string, direction: Direction): string {
  return `log#${audienceId}#${direction}`
}

function logItemIn(audienceId: string, direction: Direction, item: Item): LogItem {
  return {
    audienceId,
    direction,
    key: Number(item[REGISTER_KEY.sort]?.S),
    entries: item.entries?.B ?? new Uint8Array(),
  }
}
