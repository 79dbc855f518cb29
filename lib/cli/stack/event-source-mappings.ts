import { LambdaClient, paginateListEventSourceMappings } from '@aws-sdk/client-lambda'
import * as v from 'valibot'
import type { Surroundings } from '../surroundings.ts'
import type { Stack } from './stack.ts'

/** A queue that Lambda polls for the consumer. `state` is Lambda's, such as Enabled or Disabled. */
export type PolledQueue = { queue: string; state: string; uuid?: string; problem?: string }

const localStatus = v.object({ mappings: v.array(v.object({ queue: v.string() })) })

/** The queues that are polled, by their names. Rejects with the SDK's error, or that of `fetch`. */
export async function polledQueues(
  { isLocal, trackUrl, aws, output }: Stack,
  { fetch }: Pick<Surroundings, 'fetch'>,
): Promise<PolledQueue[]> {
  if (isLocal) {
    const answer = await fetch(`${trackUrl}/_local/status`, { signal: AbortSignal.timeout(10_000) })
    return v.parse(localStatus, await answer.json()).mappings.map(({ queue }) => ({ queue, state: 'Enabled' }))
  }
  const client = new LambdaClient(aws)
  try {
    const polled: PolledQueue[] = []
    const asked = { FunctionName: output('ConsumerFunction') }
    for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings({ client }, asked))
      for (const { EventSourceArn = '', State = 'unknown', UUID, LastProcessingResult = '' } of EventSourceMappings)
        polled.push({
          queue: EventSourceArn.replace(/.*:/, ''),
          state: State,
          ...(UUID !== undefined && { uuid: UUID }),
          ...(LastProcessingResult.startsWith('PROBLEM') && { problem: LastProcessingResult }),
        })
    return polled
  } finally {
    client.destroy()
  }
}
