import { SQSClient } from '@aws-sdk/client-sqs'
import { countMessages } from '../../aws/queue-counts.ts'
import type { Source } from '../../config/destinations-schema.ts'
import { parseWriteKeys } from '../../config/write-keys.ts'
import { withSecret } from '../secrets/secret.ts'
import { polledQueues } from '../stack/event-source-mappings.ts'
import type { PolledQueue } from '../stack/event-source-mappings.ts'
import { readRedrive } from '../stack/redrive-policy.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { counted } from '../terminal/counted.ts'
import { printable } from '../terminal/terminal.ts'
import { alarmFindings } from './alarm-checks.ts'
import { checksOf, fail, ok, warn } from './check.ts'
import type { Check, Finding } from './check.ts'
import { unansweredByAws } from './unanswered.ts'

const DEPLOY = 'Deploy again: npm run deploy'

/** The queues that are polled, and where SQS moves what fails too often. */
const QUEUES = {
  track: { url: 'TrackQueueUrl', deadLetters: 'DeadLettersUrl' },
  removal: { url: 'RemovalQueueUrl', deadLetters: 'DeadLettersUrl' },
  session: { url: 'SessionQueueUrl', deadLetters: 'SessionDeadLettersUrl' },
  retry: { url: 'RetryQueueUrl', deadLetters: 'DeadLettersUrl' },
} as const

/** Checks what every destination depends on. */
export async function checkStack(stack: Stack, surroundings: Pick<Surroundings, 'fetch'>): Promise<Check[]> {
  const client = new SQSClient(stack.aws)
  try {
    const [queues, deadLetters, sessionDeadLetters, writeKeys, erasureKey, alarms] = await Promise.all([
      queueFindings(client, stack, surroundings),
      deadLettersFinding(client, 'DeadLettersUrl', stack),
      deadLettersFinding(client, 'SessionDeadLettersUrl', stack),
      writeKeyFindings(stack),
      erasureKeyFinding(stack),
      stack.isLocal ? {} : alarmFindings(stack),
    ])
    const settings = stack.warnings.map((warning) =>
      warn(printable(warning), 'Deploy what you have here, or use what is deployed.'),
    )
    return checksOf({
      settings: stack.isLocal ? undefined : (settings[0] ?? ok('as deployed')),
      ...queues,
      'dead letters': deadLetters,
      'session dead letters': sessionDeadLetters,
      ...writeKeys,
      'erasure key': erasureKey,
      ...alarms,
    })
  } finally {
    client.destroy()
  }
}

async function queueFindings(
  client: SQSClient,
  stack: Stack,
  surroundings: Pick<Surroundings, 'fetch'>,
): Promise<Record<string, Finding>> {
  const polled = await polledOrNot(stack, surroundings)
  const found = Object.entries(QUEUES).map(async ([name, { url, deadLetters }]) => ({
    [`${name} queue`]: await redriveFinding(client, stack.output(url), stack.output(deadLetters)),
    [`${name} polling`]: pollingFinding(stack.output(url), polled),
  }))
  return Object.assign({}, ...(await Promise.all(found))) as Record<string, Finding>
}

async function redriveFinding(client: SQSClient, url: string, deadLettersUrl: string): Promise<Finding> {
  try {
    const redrive = await readRedrive(client, url)
    if (!redrive) return fail('it has no redrive policy: what fails again and again is never moved', DEPLOY)
    const { deadLetterArn, receives } = redrive
    return nameOf(deadLetterArn) === nameOf(deadLettersUrl)
      ? ok(`to dead letters after ${counted(receives, 'delivery', 'deliveries')}`)
      : fail(`its dead letters go to ${printable(nameOf(deadLetterArn))}, where nobody looks`, DEPLOY)
  } catch (error) {
    return unansweredByAws(error, 'sqs:GetQueueAttributes', DEPLOY)
  }
}

/** The last part of an ARN, or of a URL. */
function nameOf(arnOrUrl: string): string {
  return arnOrUrl.replace(/.*[:/]/, '')
}

async function polledOrNot(
  stack: Stack,
  surroundings: Pick<Surroundings, 'fetch'>,
): Promise<readonly PolledQueue[] | Finding> {
  try {
    return await polledQueues(stack, surroundings)
  } catch (error) {
    return unansweredByAws(error, 'lambda:ListEventSourceMappings', DEPLOY)
  }
}

function pollingFinding(url: string, polled: readonly PolledQueue[] | Finding): Finding {
  if ('outcome' in polled) return polled
  const mapping = polled.find(({ queue }) => queue === nameOf(url))
  if (!mapping) return fail('no function takes its messages', DEPLOY)
  const { state, uuid, problem } = mapping
  if (problem !== undefined) return warn(printable(problem), 'See the consumer’s log, and the runbook: function-errors')
  if (state === 'Enabled') return ok('enabled')
  if (/^(?:Enabling|Creating|Updating)$/.test(state))
    return warn(`it is ${state.toLowerCase()}`, 'Repeat this in a minute.')
  return fail(
    `its event source mapping is ${printable(state.toLowerCase())}`,
    uuid === undefined ? DEPLOY : `aws lambda update-event-source-mapping --enabled --uuid ${printable(uuid)}`,
  )
}

async function deadLettersFinding(
  client: SQSClient,
  output: string,
  { output: urlOf, typed }: Stack,
): Promise<Finding> {
  try {
    const { waiting, inFlight } = await countMessages(client, urlOf(output))
    const count = waiting + inFlight
    return count === 0 ? ok('none') : warn(counted(count, 'message'), `See why: ${typed('dlq list')}`)
  } catch (error) {
    return unansweredByAws(error, 'sqs:GetQueueAttributes', DEPLOY)
  }
}

async function writeKeyFindings(stack: Stack): Promise<Record<string, Finding>> {
  const { sources } = stack.settings
  let text: string
  try {
    text = await withSecret(stack, stack.output('WriteKeysSecret'), ({ read }) => read())
  } catch (error) {
    return { 'write keys': unansweredByAws(error, 'secretsmanager:GetSecretValue', DEPLOY) }
  }
  const keys = parseWriteKeys(text)
  if (!keys)
    return { 'write keys': fail('the secret is no JSON object', 'Mend it in Secrets Manager: {"source":"key"}') }
  return Object.fromEntries(sources.map((source) => [`key of ${source.name}`, keyFinding(source, keys, stack)]))
}

function keyFinding(
  { name, signed }: Source,
  keys: NonNullable<ReturnType<typeof parseWriteKeys>>,
  { typed }: Stack,
): Finding {
  if (keys.unreadable.includes(name))
    return fail(
      'its entry cannot be read',
      'In the write-keys secret it must be a text, a list of texts, or {"writeKey":…,"signingSecret":…}.',
    )
  const { writeKeys = [], signingSecret } = keys.sources.find(({ source }) => source === name) ?? {}
  if (writeKeys.length === 0) return fail('it has none, so it is refused', typed(`write-key add ${name}`))
  if (signed && (signingSecret ?? '') === '')
    return fail(
      'it is signed, and has no signing secret',
      `Its entry in the write-keys secret must be {"writeKey":…,"signingSecret":…}.`,
    )
  return ok(counted(writeKeys.length, 'valid key'))
}

async function erasureKeyFinding(stack: Stack): Promise<Finding> {
  try {
    const text = await withSecret(stack, stack.output('ErasureKeySecret'), ({ read }) => read())
    return text === '' ? fail('it is empty, so nobody can be erased', 'Put its former value back.') : ok('it is there')
  } catch (error) {
    return unansweredByAws(error, 'secretsmanager:GetSecretValue', 'Put its former value back, or deploy again.')
  }
}
