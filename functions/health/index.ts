import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import middy from '@middy/core'
import { accessTokenSecretId, createTokenSource } from '../../lib/aws/token-source.ts'
import { createSecret } from '../../lib/aws/secret.ts'
import { readBundledDestinations } from '../../lib/config/bundled-destinations.ts'
import { readHealthEnvironment } from '../../lib/config/environment.ts'
import { createTokenCheck } from '../../lib/graph-api/debug-token.ts'
import { createLog } from '../../lib/log.ts'
import { createMetrics, flushAtTheEnd } from '../../lib/metrics.ts'
import { createHealthHandler } from './handler.ts'

const environment = readHealthEnvironment(process.env)
const { destinations } = readBundledDestinations(process.env)
const { measure, flush } = createMetrics(new Metrics({ serviceName: 'health' }))
const clock = Date.now
const client = new SecretsManagerClient({
  maxAttempts: 3,
  requestHandler: { requestTimeout: 5_000, throwOnRequestTimeout: true },
})
const secretIds = new Map(
  destinations.map((destination) => [
    destination.name,
    accessTokenSecretId(destination, environment.ACCESS_TOKEN_PREFIX),
  ]),
)

export const handler = middy()
  .use(flushAtTheEnd(flush))
  .handler(
    createHealthHandler({
      destinations,
      // Read again every time: the function runs once a day, so a cached token would be a day old.
      token: (name) =>
        createTokenSource(createSecret({ client, secretId: secretIds.get(name) ?? '', lifetimeMs: 0, clock })),
      checkToken: createTokenCheck({ baseUrl: environment.GRAPH_API_URL, fetch, clock }),
      log: createLog(new Logger({ serviceName: 'health' })),
      measure,
      clock,
    }),
  )
