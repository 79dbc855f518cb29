import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { stackAlarms } from '../stack/alarms.ts'
import { reachError } from '../stack/aws-reason.ts'
import type { Stack } from '../stack/stack.ts'
import { OutOfReach } from '../wrong-use.ts'

/** An alarm that is raised. `impact` is what it means for the people who use the service. */
export type RaisedAlarm = { name: string; since: number; impact: string }

/** What CloudWatch knows of a stack: its raised alarms, and the age of each queue's oldest message, in seconds. */
export type Watched =
  | { ok: true; alarms: readonly RaisedAlarm[]; oldestSeconds: Readonly<Record<string, number>> }
  | { ok: false; reason: string }

/** SQS measures each minute, and CloudWatch has it some minutes later. */
const LOOK_BACK_MS = 10 * 60_000
const PERIOD_SECONDS = 60

/**
 * Asks CloudWatch about a deployed stack. `queues` are the addresses of queues by their names here. What CloudWatch
 * refuses is a value: whoever may not ask it sees everything else.
 */
export async function askCloudWatch(
  stack: Pick<Stack, 'aws' | 'name'>,
  queues: Readonly<Record<string, string>>,
  now: number,
): Promise<Watched> {
  const client = new CloudWatchClient(stack.aws)
  try {
    const [alarms, oldestSeconds] = await Promise.all([raisedAlarms(stack), oldest(client, queues, now)])
    return { ok: true, alarms, oldestSeconds }
  } catch (error) {
    const reason = reachError(error)
    if (reason instanceof OutOfReach) return { ok: false, reason: reason.message }
    throw error
  } finally {
    client.destroy()
  }
}

async function raisedAlarms(stack: Pick<Stack, 'aws' | 'name'>): Promise<RaisedAlarm[]> {
  const alarms = await stackAlarms(stack)
  return alarms.flatMap(({ isRaised, id: name, since, description: impact }) =>
    isRaised ? [{ name, since, impact }] : [],
  )
}

async function oldest(
  client: CloudWatchClient,
  queues: Readonly<Record<string, string>>,
  now: number,
): Promise<Record<string, number>> {
  const names = Object.entries(queues)
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - LOOK_BACK_MS),
      EndTime: new Date(now),
      ScanBy: 'TimestampDescending',
      MetricDataQueries: names.map(([, url], place) => ({
        Id: `m${place}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/SQS',
            MetricName: 'ApproximateAgeOfOldestMessage',
            Dimensions: [{ Name: 'QueueName', Value: url.slice(url.lastIndexOf('/') + 1) }],
          },
          Period: PERIOD_SECONDS,
          Stat: 'Maximum',
        },
      })),
    }),
  )
  return Object.fromEntries(
    names.flatMap(([name], place) => {
      const [seconds] = MetricDataResults.find(({ Id }) => Id === `m${place}`)?.Values ?? []
      return seconds === undefined ? [] : [[name, seconds]]
    }),
  )
}
