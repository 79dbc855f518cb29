import type { Destinations } from '../config/destinations-schema.ts'
import type { QueueService } from '../emulator/aws/queue-service.ts'
import { jsonAnswer } from '../emulator/gateway/own-endpoints.ts'
import type { OwnEndpoints } from '../emulator/gateway/own-endpoints.ts'
import type { LambdaFunction } from '../emulator/lambda/function.ts'
import { timeOn } from '../emulator/lambda/stack-clock.ts'
import type { StackClock } from '../emulator/lambda/stack-clock.ts'
import { describeStack } from './description.ts'
import { findPerson } from './find-person.ts'
import { releaseWaiting } from './release.ts'
import type { Consumed } from './release.ts'
import { readStatus } from './status.ts'
import type { StackResources } from './template.ts'

type Running = {
  resources: StackResources
  service: QueueService
  functions: readonly { lambda: LambdaFunction }[]
  consumed: readonly Consumed[]
  settings: Destinations
  clock: StackClock
  /** The gateway's address, which is not known before it runs. */
  url: () => string
  awsUrl: string
  graphUrl: string
}

/** What programs ask a running stack for: where everything is, how it does, and that what waits goes at once. */
export function stackEndpoints(running: Running): OwnEndpoints {
  const { resources, service, functions, consumed, settings, clock, url, awsUrl, graphUrl } = running
  const { outputs } = resources
  const { timeScale } = clock
  return {
    'GET /_local/stack': () =>
      jsonAnswer(
        200,
        describeStack({ url: url(), awsUrl, graphUrl, outputs, settings, timeScale, now: timeOn(clock) }),
      ),
    'GET /_local/status': async () => {
      const handedBack = consumed.flatMap(({ mapping }) => mapping.handedBack())
      const lambdas = functions.map(({ lambda }) => lambda)
      return jsonAnswer(200, await readStatus({ resources, service, functions: lambdas, handedBack, settings, clock }))
    },
    'POST /_local/find': async ({ body }) =>
      jsonAnswer(200, await findPerson(body, { outputs, service, settings, clock: () => timeOn(clock) })),
    'POST /_local/retry': async () => jsonAnswer(200, await releaseWaiting(consumed, service)),
  }
}
