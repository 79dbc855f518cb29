import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createSecret } from '../../lib/aws/secret.ts'
import { createSendMessages } from '../../lib/aws/queue.ts'
import { readBundledDestinations } from '../../lib/config/bundled-destinations.ts'
import { readIngestEnvironment } from '../../lib/config/environment.ts'
import { createLog } from '../../lib/log.ts'
import { createMetrics, flushAtTheEnd } from '../../lib/metrics.ts'
import type { Erasing } from './erase.ts'
import { createIngestHandler } from './handler.ts'
import { timeOrderedId } from './time-ordered-id.ts'

const environment = readIngestEnvironment(process.env)
const settings = readBundledDestinations(process.env)
const log = createLog(new Logger({ serviceName: 'ingest' }))
const { measure, flush } = createMetrics(new Metrics({ serviceName: 'ingest' }))
const clock = Date.now
const waiting = { sleep: (ms: number) => sleep(ms), random: Math.random }
// Two attempts of 3 s: events are answered within ten, though the function has time for a large erasure.
const sqs = new SQSClient({ maxAttempts: 2, requestHandler: { requestTimeout: 3_000, throwOnRequestTimeout: true } })

const secrets = new SecretsManagerClient({
  maxAttempts: 2,
  requestHandler: { requestTimeout: 3_000, throwOnRequestTimeout: true },
})
const secretOf = (secretId: string) =>
  createSecret({ client: secrets, secretId, lifetimeMs: environment.SECRET_LIFETIME_SECONDS * 1000, clock })
/** Erasures that come at once write to one page. Each waits for another time before it tries again. */
const pause = () => sleep(10 + 190 * Math.random())
let erasing: Promise<Erasing> | undefined

export const handler = createIngestHandler({
  settings,
  writeKeys: secretOf(environment.WRITE_KEYS_SECRET_ID),
  erasing: () =>
    (erasing ??= import('./erasing.js').then(({ createErasing }) =>
      createErasing(settings, environment.REGISTER_TABLE, secretOf(environment.ERASURE_KEY_SECRET_ID), {
        clock,
        pause,
      }),
    )),
  sendToTrackQueue: createSendMessages(sqs, environment.TRACK_QUEUE_URL, waiting),
  sendToRemovalQueue: createSendMessages(sqs, environment.REMOVAL_QUEUE_URL, waiting),
  sendToSessionQueue: createSendMessages(sqs, environment.SESSION_QUEUE_URL, waiting),
  log,
  measure,
  clock,
  newId: () => timeOrderedId(clock(), randomUUID()),
}).use(flushAtTheEnd(flush))
