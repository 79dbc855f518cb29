import { expect, test } from 'vitest'
import { STACK_NAME } from '../a-stack.ts'
import type { OtherService } from '../a-stack.ts'
import { aHealthyStack, deployedCli, rowsOf } from './a-healthy-stack.ts'

const TOPIC = 'arn:aws:sns:eu-central-1:000000000000:alarms'
const NAMES = ['track', 'removal', 'session.fifo', 'retry']

type Account = {
  /** Event source mappings by the name of their queue. */
  mappings?: Record<string, object>
  alarms?: object[]
  subscriptions?: string[]
  /** Actions that AWS refuses, such as DescribeAlarms. */
  denied?: string
}

const anAlarm = (id: string, more: object = {}) => ({
  AlarmName: `${STACK_NAME}-Alarms${id}D3E45F67-ABC123`,
  StateValue: 'OK',
  ActionsEnabled: true,
  AlarmActions: [TOPIC],
  AlarmDescription: 'People fall behind. Runbook: https://example.com/runbook#old-messages',
  ...more,
})

/** Lambda, CloudWatch and SNS of an account, as their API references say. */
function account({
  mappings = {},
  alarms = [anAlarm('TrackAge')],
  subscriptions = ['arn:sub'],
  denied,
}: Account): OtherService {
  return ({ target, path, form }) => {
    const isMappings = path.startsWith('/2015-03-31/event-source-mappings')
    const action = isMappings ? 'ListEventSourceMappings' : (target.split('.')[1] ?? form.get('Action'))
    if (action === denied) return { status: 400, text: JSON.stringify({ __type: 'AccessDeniedException' }) }
    if (isMappings) {
      const all = NAMES.map((queue) => ({
        ...{ UUID: `uuid-of-${queue}`, EventSourceArn: `arn:aws:sqs:eu-central-1:0:${queue}`, State: 'Enabled' },
        ...mappings[queue],
      }))
      // Lambda gives them in pages.
      const second = path.includes('Marker=')
      return {
        text: JSON.stringify(
          second ? { EventSourceMappings: all.slice(2) } : { EventSourceMappings: all.slice(0, 2), NextMarker: 'm' },
        ),
      }
    }
    if (action === 'DescribeAlarms') return { text: JSON.stringify({ MetricAlarms: alarms }) }
    if (action === 'ListSubscriptionsByTopic')
      return {
        text: `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListSubscriptionsByTopicResult><Subscriptions>${subscriptions
          .map((arn) => `<member><SubscriptionArn>${arn}</SubscriptionArn><TopicArn>${TOPIC}</TopicArn></member>`)
          .join('')}</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
      }
    return undefined
  }
}

async function diagnosed(about: Account = {}) {
  const healthy = await aHealthyStack({ other: account(about) })
  const { status, stdout, stderr } = await deployedCli(healthy, 'doctor')
  const rows = rowsOf(stdout)
  return { status, stderr, rows, wrong: rows.filter(({ outcome }) => outcome !== 'ok') }
}

test('a healthy deployed stack gives only ok, with its alarms and who hears of them', async () => {
  const { status, wrong, rows, stderr } = await diagnosed()
  expect([status, wrong]).toEqual([0, []])
  expect(stderr).toContain('stack Audiences in eu-central-1')
  expect(rows.slice(-2)).toMatchObject([
    { check: 'alarms', finding: '1 alarm, and none is raised' },
    { check: 'alarms told', finding: '1 subscriber' },
  ])
  expect(rows.find(({ check }) => check === 'settings')).toMatchObject({ outcome: 'ok' })
})

test.each<[string, Account, object, number]>([
  [
    'a mapping that is switched off',
    { mappings: { 'session.fifo': { State: 'Disabled' } } },
    {
      ...{ check: 'session polling', outcome: 'fail', finding: 'its event source mapping is disabled' },
      fix: 'aws lambda update-event-source-mapping --enabled --uuid uuid-of-session.fifo',
    },
    1,
  ],
  [
    'a mapping that is being switched on',
    { mappings: { track: { State: 'Enabling' } } },
    { check: 'track polling', outcome: 'warn', finding: 'it is enabling' },
    0,
  ],
  [
    'a mapping that cannot poll',
    { mappings: { retry: { LastProcessingResult: 'PROBLEM: the role cannot receive' } } },
    { check: 'retry polling', outcome: 'warn', finding: 'PROBLEM: the role cannot receive' },
    0,
  ],
  [
    'an alarm',
    { alarms: [anAlarm('TrackAge'), anAlarm('mainPaused', { StateValue: 'ALARM' })] },
    {
      ...{ check: 'alarm mainPaused', outcome: 'fail', finding: 'People fall behind.' },
      fix: 'Runbook: https://example.com/runbook#old-messages',
    },
    1,
  ],
  ['a stack without alarms', { alarms: [] }, { check: 'alarms', outcome: 'fail' }, 1],
  [
    'alarms without an action',
    { alarms: [anAlarm('TrackAge', { AlarmActions: [] })] },
    { check: 'alarms told', outcome: 'warn', fix: expect.stringContaining('alarmEmail=') as string },
    0,
  ],
  [
    'alarms whose actions are switched off',
    { alarms: [anAlarm('TrackAge', { ActionsEnabled: false })] },
    { check: 'alarms told', outcome: 'warn' },
    0,
  ],
  [
    'a topic that nobody subscribes to',
    { subscriptions: [] },
    { check: 'alarms told', outcome: 'warn', finding: 'nobody subscribes to their topic' },
    0,
  ],
  [
    'a subscription that nobody confirmed',
    { subscriptions: ['PendingConfirmation'] },
    { check: 'alarms told', outcome: 'warn', fix: 'Confirm the e-mail that SNS sent.' },
    0,
  ],
  [
    'alarms that may not be read',
    { denied: 'DescribeAlarms' },
    { check: 'alarms', outcome: 'skipped', fix: 'Allow it cloudwatch:DescribeAlarms.' },
    0,
  ],
])('%s is told, and nothing else', async (_, about, expected, status) => {
  const found = await diagnosed(about)
  expect(found.wrong).toMatchObject([expected])
  expect(found.status).toBe(status)
})

test('alarms of a stack whose name begins alike are not ours', async () => {
  const other = anAlarm('TrackAge', { AlarmName: `${STACK_NAME}-two-AlarmsTrackAgeD3E45F67-ABC`, StateValue: 'ALARM' })
  const { wrong } = await diagnosed({ alarms: [anAlarm('TrackAge'), other] })
  expect(wrong).toEqual([])
})

test('what the role may not ask is skipped, with the permission that it needs', async () => {
  const secrets = await diagnosed({ denied: 'GetSecretValue' })
  expect(secrets.status).toBe(0)
  const fix = 'Allow it secretsmanager:GetSecretValue.'
  expect(secrets.wrong).toMatchObject([
    { check: 'token', outcome: 'skipped', fix },
    { check: 'audiences', outcome: 'skipped' },
    { check: 'write keys', outcome: 'skipped', fix },
    { check: 'erasure key', outcome: 'skipped', fix },
  ])
  const mappings = await diagnosed({ denied: 'ListEventSourceMappings' })
  expect(mappings.wrong).toMatchObject(
    NAMES.map(() => ({ outcome: 'skipped', fix: 'Allow it lambda:ListEventSourceMappings.' })),
  )
})

test('settings that are not what is deployed are a warning, and the commands that it names are for that stack', async () => {
  const healthy = await aHealthyStack({ other: account({}), secrets: { 'token/main': 'not-set' } })
  const file = {
    ...healthy.file,
    destinations: healthy.file.destinations.map((each) => ({ ...each, maxUserCount: 5 })),
  }
  const { stdout } = await deployedCli({ ...healthy, file }, 'doctor')
  const rows = rowsOf(stdout)
  expect(rows.find(({ check }) => check === 'settings')).toMatchObject({ outcome: 'warn' })
  expect(rows.find(({ check }) => check === 'token')?.fix).toBe(
    `npm run -s cli -- token set main --stack ${STACK_NAME}`,
  )
})
