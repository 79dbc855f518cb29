import { Command } from '@commander-js/extra-typings'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'
import { examples } from '../help.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import { reachError } from '../stack/aws-reason.ts'
import { openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { readAudiences } from '../status/audiences.ts'
import type { AudienceStatus } from '../status/audiences.ts'
import { whyItWaits } from '../status/view.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { counted } from '../terminal/counted.ts'
import { OutOfReach } from '../wrong-use.ts'

type Options = StackOptions & { json?: true }

/** `retry`: what waits goes now. */
export function retryCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('retry')
    .description(
      'let everything that waits go now, on the local stack; of a deployed one, say when each next attempt is',
    )
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('retry', 'retry --stack FacebookAudienceSync'))
    .action(async (options) => end(await runRetry(options, surroundings)))
}

async function runRetry(options: Options, surroundings: Surroundings): Promise<Result> {
  const stack = await openStack(options, surroundings)
  return stack.isLocal ? release(stack, options, surroundings) : nextAttempts(stack, options, surroundings)
}

const RELEASED = v.object({ released: v.number(), note: v.string() })

async function release(
  { title, trackUrl, typed }: Stack,
  { json }: Options,
  { fetch, terminal }: Surroundings,
): Promise<Result> {
  const answer = v.safeParse(RELEASED, await postRetry(trackUrl, fetch))
  if (!answer.success) throw new OutOfReach(`${trackUrl} answers not as a local stack of this version does`)
  const { released, note } = answer.output
  if (json) return { status: 0, stdout: JSON.stringify({ stack: title, released, note }, null, 2), stderr: '' }
  if (released === 0) return { status: 0, stdout: 'Nothing waits.', stderr: '' }
  terminal.answer(`Released: ${counted(released, 'message')}.`)
  return { status: 0, stdout: '', stderr: `${note}\nWhat becomes of them: ${typed('status --watch')}` }
}

async function postRetry(url: string, fetch: Surroundings['fetch']): Promise<unknown> {
  try {
    const response = await fetch(`${url}/_local/retry`, { method: 'POST', signal: AbortSignal.timeout(30_000) })
    return await response.json()
  } catch (error) {
    throw new OutOfReach(
      `${url} did not do it (${error instanceof Error ? error.name : 'unknown'}): repeat the command`,
    )
  }
}

const CANNOT =
  'Nothing was changed: SQS cannot let messages go before their time. They go by themselves, when the reason is mended.'

async function nextAttempts(stack: Stack, { json }: Options, surroundings: Surroundings): Promise<Result> {
  const waiting = (await audiencesOf(stack, surroundings)).filter(({ waits }) => waits)
  const status = waiting.length > 0 ? 1 : 0
  if (json) return { status, stdout: JSON.stringify(documentOf(stack.title, waiting), null, 2), stderr: '' }
  if (waiting.length === 0) return { status, stdout: 'Nobody waits for a minute or longer.', stderr: '' }
  const { terminal } = surroundings
  const lines = waiting.flatMap((audience) => whyItWaits(audience, stack.clock(), { terminal, typed: stack.typed }))
  terminal.answer(lines.join('\n'))
  return { status, stdout: '', stderr: CANNOT }
}

async function audiencesOf(stack: Stack, surroundings: Surroundings): Promise<AudienceStatus[]> {
  const client = new DynamoDBClient(stack.aws)
  try {
    return await readAudiences(stack, client, surroundings)
  } catch (error) {
    throw reachError(error)
  } finally {
    client.destroy()
  }
}

function documentOf(stack: string, waiting: readonly AudienceStatus[]): object {
  const audiences = waiting.flatMap(({ destination, audienceId, waits }) =>
    waits ? [{ destination, audienceId, reason: waits.reason, nextAttempt: new Date(waits.until).toISOString() }] : [],
  )
  return { stack, released: 0, note: CANNOT, waiting: audiences }
}
