import type { Destinations } from '../config/destinations-schema.ts'
import type { QueueService, QueueState } from '../emulator/aws/queue-service.ts'
import { queueNameOf } from '../emulator/aws/call.ts'
import type { LambdaFunction } from '../emulator/lambda/function.ts'
import type { StackClock } from '../emulator/lambda/stack-clock.ts'
import { describeDeadLetter } from './dead-letter.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { StackResources } from './template.ts'
import { describeWaiting } from './waiting.ts'
import type { Waiting } from './waiting.ts'

/** The answer to GET /_local/status. */
export type LocalStatus = {
  queues: QueueState[]
  deadLetters: DeadLetter[]
  waiting: Waiting[]
  functions: { name: string; pid: number }[]
  /** The queues that are polled, and for which function. */
  mappings: { queue: string; function: string }[]
}

type Running = {
  resources: Pick<StackResources, 'queues' | 'mappings' | 'outputs'>
  service: Pick<QueueService, 'states' | 'messages'>
  functions: readonly Pick<LambdaFunction, 'environments'>[]
  /** Receipt handles of the messages that consumers have handed back, and that are hidden for a while. */
  handedBack: readonly string[]
  settings: Destinations
  clock: StackClock
}

/** The counts of every queue, its dead letters, what waits in the retry queue, the processes, and which queues are polled. */
export async function readStatus(running: Running): Promise<LocalStatus> {
  const { resources, service, functions, handedBack, settings, clock } = running
  const named = new Set(resources.queues.map(({ deadLetterArn }) => deadLetterArn))
  const deadLetterQueues = resources.queues.filter(({ arn }) => named.has(arn))
  const deadLetters = await Promise.all(
    deadLetterQueues.map(async ({ name }) =>
      (await service.messages(name)).map((message) => describeDeadLetter(name, message, settings)),
    ),
  )
  const retrying = await service.messages(queueNameOf(resources.outputs.RetryQueueUrl ?? ''))
  return {
    queues: await service.states(),
    deadLetters: deadLetters.flat(),
    waiting: describeWaiting(retrying, new Set(handedBack), clock, Date.now()),
    functions: functions.flatMap((each) => each.environments()),
    mappings: resources.mappings.map(({ queueArn, functionName }) => ({
      queue: queueArn.replace(/.*:/, ''),
      function: functionName,
    })),
  }
}
