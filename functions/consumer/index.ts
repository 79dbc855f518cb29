import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { createRowBuilder } from '../../lib/audience/row.ts'
import type { RowBuilder } from '../../lib/audience/row.ts'
import { createErasureRecords, createPageTable } from '../../lib/aws/erasure-table.ts'
import { createReceiptTable } from '../../lib/aws/receipt-table.ts'
import { createHeadTable, createLogTable } from '../../lib/aws/register-table.ts'
import { createDeleteMessages } from '../../lib/aws/delete-messages.ts'
import { accessTokenSecretId, createTokenSource } from '../../lib/aws/token-source.ts'
import { createSecret } from '../../lib/aws/secret.ts'
import { createSendMessages } from '../../lib/aws/queue.ts'
import { createUploadSessionTable } from '../../lib/aws/session-table.ts'
import { createHideMessage } from '../../lib/aws/visibility.ts'
import { createWaitNoteTable } from '../../lib/aws/wait-note-table.ts'
import { readBundledDestinations } from '../../lib/config/bundled-destinations.ts'
import { readConsumerEnvironment } from '../../lib/config/environment.ts'
import { createErasedPeople } from '../../lib/erasure/erased-people.ts'
import { createGraphClient } from '../../lib/graph-api/client.ts'
import { createPace } from '../../lib/graph-api/pace.ts'
import { createPauses } from '../../lib/graph-api/pauses.ts'
import { createLog } from '../../lib/log.ts'
import { createMetrics, flushAtTheEnd } from '../../lib/metrics.ts'
import { createConsumerHandler, queueName } from './handler.ts'
import { createJournal, writeAtTheEnd } from './journal.ts'
import { createReport } from './report.ts'

const environment = readConsumerEnvironment(process.env)
const settings = readBundledDestinations(process.env)
const clock = Date.now
const random = Math.random
const sleep = (ms: number) => setTimeout(ms)
const waiting = { sleep, random }
const log = createLog(new Logger({ serviceName: 'consumer' }))
const { measure, flush } = createMetrics(new Metrics({ serviceName: 'consumer' }))

const clientSettings = { maxAttempts: 3, requestHandler: { requestTimeout: 5_000, throwOnRequestTimeout: true } }
// Three attempts, because DynamoDB throttles a partition at its limit. They take at most seven seconds, so that a head
// is given back in time.
const tableSettings = { maxAttempts: 3, requestHandler: { requestTimeout: 2_000, throwOnRequestTimeout: true } }
const sqs = new SQSClient(clientSettings)
const secrets = new SecretsManagerClient(clientSettings)
const dynamodb = new DynamoDBClient(tableSettings)
const { TRACK_QUEUE_URL, REMOVAL_QUEUE_URL, SESSION_QUEUE_URL, RETRY_QUEUE_URL } = environment
const queueUrls = [TRACK_QUEUE_URL, REMOVAL_QUEUE_URL, SESSION_QUEUE_URL, RETRY_QUEUE_URL]
// It shares connections with the other client, but not the retries that a client allows itself while calls fail.
const dynamodbForJournal = new DynamoDBClient({ maxAttempts: 2, requestHandler: dynamodb.config.requestHandler })
const { write: writeJournal, ...journal } = createJournal({
  receiptTable: createReceiptTable(dynamodbForJournal, environment.REGISTER_TABLE, waiting),
  waitNoteTable: createWaitNoteTable(dynamodbForJournal, environment.REGISTER_TABLE),
  log,
  clock,
  newId: randomUUID,
})
const report = createReport(log, measure, journal)
const deleteMessagesIn = new Map(queueUrls.map((url) => [queueName(url), createDeleteMessages(sqs, url, waiting)]))

// Created once per environment, so that tokens, pauses and Meta's usage outlive an invocation.
const tokens = new Map(
  settings.destinations.map((destination) => {
    const secretId = accessTokenSecretId(destination, environment.ACCESS_TOKEN_PREFIX)
    const lifetimeMs = environment.SECRET_LIFETIME_SECONDS * 1000
    return [destination.name, createTokenSource(createSecret({ client: secrets, secretId, lifetimeMs, clock }))]
  }),
)
const rowBuilders = new Map<string, RowBuilder>(
  settings.destinations.map((destination) => [destination.name, createRowBuilder(destination, clock)]),
)
const erasureKey = createSecret({
  client: secrets,
  secretId: environment.ERASURE_KEY_SECRET_ID,
  lifetimeMs: environment.SECRET_LIFETIME_SECONDS * 1000,
  clock,
})
const named = <T>(map: ReadonlyMap<string, T>) => {
  return (name: string): T => {
    const found = map.get(name)
    if (found === undefined) throw new Error(`Nothing is named ${name}`)
    return found
  }
}

export const handler = middy<SQSEvent, SQSBatchResponse>()
  // They run from the last to the first.
  .use(writeAtTheEnd(writeJournal))
  .use(flushAtTheEnd(flush))
  .handler(
    createConsumerHandler(
      {
        settings,
        rowBuilderOf: named(rowBuilders),
        delivery: {
          send: createGraphClient({ baseUrl: environment.GRAPH_API_URL, fetch, clock }),
          token: named(tokens),
          pauses: createPauses(clock),
          pace: createPace(clock),
          clock,
          sleep,
          random,
          onCall: report.call,
        },
        register: {
          ...createHeadTable(dynamodb, environment.REGISTER_TABLE),
          ...createLogTable(dynamodb, environment.REGISTER_TABLE),
        },
        erased: createErasedPeople(createPageTable(dynamodb, environment.REGISTER_TABLE), erasureKey).read,
        noteErasure: createErasureRecords(dynamodb, environment.REGISTER_TABLE).note,
        uploadSessions: createUploadSessionTable(dynamodb, environment.REGISTER_TABLE),
        sendToRetryQueue: createSendMessages(sqs, environment.RETRY_QUEUE_URL, waiting),
        sendToDeadLetters: createSendMessages(sqs, environment.DEAD_LETTER_QUEUE_URL, waiting),
        hideInSessionQueue: createHideMessage(sqs, environment.SESSION_QUEUE_URL),
        hideInRetryQueue: createHideMessage(sqs, environment.RETRY_QUEUE_URL),
        deleteMessages: named(deleteMessagesIn),
        report,
        log,
        giveUpAfterSeconds: environment.GIVE_UP_AFTER_HOURS * 3600,
        clock,
        sleep,
        random,
        newId: randomUUID,
      },
      environment.SESSION_QUEUE_URL,
    ),
  )
