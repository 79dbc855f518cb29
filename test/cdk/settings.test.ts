import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { expect, test } from 'vitest'
import { runbookAddress } from '../../cdk/runbook-address.ts'
import { SETTING_NAMES, SettingsError, parseSettings } from '../../cdk/settings.ts'
import { addStack } from '../../cdk/synthesise.ts'
import { aSync, anApp } from './the-stack.ts'

const ACL = 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/b'

const problemsOf = (settings: Record<string, unknown>) => {
  const parsed = parseSettings(settings)
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`)
}

test('without any, the defaults hold', () => {
  expect(parseSettings({})).toMatchObject({
    ok: true,
    settings: { throttleRate: 100, throttleBurst: 200, maximumConcurrency: 2, encryption: 'own-key', accessLogs: true },
  })
})

test('what -c hands over as text counts as what it says', () => {
  const given = { throttleRate: '5', accessLogs: 'false', consumerConcurrency: '8', logRetentionDays: '90' }
  expect(parseSettings(given)).toMatchObject({
    ok: true,
    settings: { throttleRate: 5, accessLogs: false, consumerConcurrency: 8, logRetentionDays: 90 },
  })
})

test.each<[string, unknown, string]>([
  ['throttleRate', 0, 'must be a whole number from 1 to 10000, but is 0'],
  ['throttleRate', '1.5', 'must be a whole number from 1 to 10000, but is "1.5"'],
  ['throttleBurst', 5001, 'must be a whole number from 1 to 5000'],
  ['maximumConcurrency', 1, 'must be a whole number from 2 to 1000'],
  ['ingestConcurrency', 0, 'must be a whole number from 1 to 1000'],
  ['trackWindowSeconds', 301, 'must be a whole number from 1 to 300'],
  ['retryWindowSeconds', 0, 'must be a whole number from 1 to 300'],
  ['giveUpAfterHours', 73, 'must be a whole number from 1 to 72'],
  ['encryption', 'none', 'must be "own-key" or "aws-owned"'],
  ['accessLogs', 'yes', 'must be true or false'],
  ['gatewayLogRole', 'mine', 'must be "create" or "exists"'],
  ['logRetentionDays', 31, 'must be a retention that CloudWatch knows: 1, 3, 5'],
  ['alarmEmail', 'ops', 'must be an e-mail address'],
  ['formerKeyArn', 'arn:aws:kms:eu-west-1:123456789012:alias/mine', 'must be an ARN such as arn:aws:kms:'],
  ['formerKeyArn', 'arn:aws:kms:*:*:key/*', 'must be an ARN such as arn:aws:kms:'],
  ['formerKeyArn', 'arn:aws:kms:eu-west-1:123456789012:key/*', 'must be an ARN such as arn:aws:kms:'],
  ['alarmTopicArn', 'arn:aws:sns:x', 'must be an ARN such as arn:aws:sns:eu-west-1:123456789012:topic'],
  ['alarmTopicArn', 'arn:aws:sns:eu-west-1:123456789012:ops.fifo', 'must be an ARN such as arn:aws:sns:'],
  ['webAclArn', 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b', 'must be an ARN such as arn:aws:wafv2:'],
  ['graphApiUrl', 'http://graph.facebook.com', 'must be an address that begins with https://'],
  ['graphApiUrl', 'https://u:p@graph.example', 'must have no user, password, "?" or "#"'],
  ['graphApiUrl', `https://${'g'.repeat(293)}`, 'may have 300 characters at most'],
  ['runbookUrl', '', 'may not be empty'],
  ['runbookUrl', 'r'.repeat(701), 'may have 700 characters'],
  ['metricsNamespace', 'AWS/Lambda', 'must be letters, digits'],
  ['throtleRate', 5, 'is not a setting; remove it, or write "throttleRate" if you meant that'],
])('%s cannot be %j', (key, value, message) => {
  expect(problemsOf({ [key]: value }).join()).toContain(`${key} ${message}`)
})

test('reserved concurrency that the queues would exceed is refused, also beside other mistakes', () => {
  const message =
    'consumerConcurrency must be at least 12, for 4 queues with a maximumConcurrency of 3 each; or leave it out'
  const settings = { maximumConcurrency: 3, consumerConcurrency: 11 }
  expect(problemsOf(settings)).toEqual([message])
  expect(problemsOf({ ...settings, accessLogs: 'yes' })).toHaveLength(2)
  expect(problemsOf({ ...settings, consumerConcurrency: 12 })).toEqual([])
  expect(problemsOf({ maximumConcurrency: 1, consumerConcurrency: 8 })).toHaveLength(1)
})

test('synthesis names everything that is wrong with the context and the destinations at once', () => {
  const app = anApp({ throttleRate: 'fast', alarmEmail: 'ops', '@aws-cdk/core:flag': true, 'some-key': 1 })
  const synthesise = () => addStack(app, 'package.json')
  expect(synthesise).toThrow(SettingsError)
  expect(synthesise).toThrow(
    /^The context .* cannot be used:\n {2}throttleRate: .+\n {2}alarmEmail: .+\npackage\.json cannot/,
  )
})

test('so does the construct in another app', () => {
  expect(() => aSync({ throttleRate: 0, giveUpAfterHours: 100 })).toThrow(
    /throttleRate: must .*\n {2}giveUpAfterHours: must/,
  )
})

test.each([
  [
    { formerKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/a' },
    "formerKeyArn: must be of the stack's region, eu-west-1",
  ],
  [{ formerKeyArn: 'arn:aws:kms:eu-west-1:999999999999:key/a' }, 'account, 123456789012, and is of 999999999999'],
  [{ alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:ops' }, "alarmTopicArn: must be of the stack's region"],
  [{ webAclArn: ACL.replace('eu-west-1', 'us-east-1') }, "webAclArn: must be of the stack's region"],
])('where the stack knows its place, %j is refused', (settings, message) => {
  const env = { region: 'eu-west-1', account: '123456789012' }
  expect(() => aSync(settings, { stack: new Stack(anApp(), 'Theirs', { env }) })).toThrow(message)
})

test('a topic may be another account’s, and a resource may not exist yet', { timeout: 60_000 }, () => {
  const stack = new Stack(anApp(), 'Theirs', { env: { region: 'eu-west-1', account: '123456789012' } })
  const alarmTopicArn = new Topic(stack, 'Topic').topicArn
  expect(() => aSync({ alarmTopicArn }, { stack, id: 'A' })).not.toThrow()
  const others = 'arn:aws:sns:eu-west-1:999999999999:ops'
  expect(() => aSync({ alarmTopicArn: others, webAclArn: ACL }, { stack, id: 'B' })).not.toThrow()
})

test.each([
  'Destinations',
  'ThrottleRate',
  'alarm_email',
  'throttle-rate',
  'throttleRate1',
  'alarmEmail ',
  'StackName',
])('the key %j of the context, which looks like a setting, is told', (key) => {
  expect(() => addStack(anApp({ [key]: 'x' }), 'cdk/destinations.json')).toThrow(
    `${key}: is not a setting; remove it, or write "`,
  )
})

test('the stack has the name that the context gives it, and metrics of its own', { timeout: 60_000 }, () => {
  const stack = addStack(anApp({ stackName: 'Second-Audiences' }), 'cdk/destinations.json')
  expect([stack.stackName, stack.artifactId]).toEqual(['Second-Audiences', 'Second-Audiences'])
  expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::Lambda::Function'))).toContain(
    '"POWERTOOLS_METRICS_NAMESPACE":"Second-Audiences"',
  )
  expect(() => addStack(anApp({ stackName: '2nd' }), 'cdk/destinations.json')).toThrow(/stackName: must be 1 to 128/)
})

test.each([
  ['https://github.com/you/sync', 'https://github.com/you/sync/blob/HEAD/cdk/README.md'],
  ['git+https://github.com/you/sync.git', 'https://github.com/you/sync/blob/HEAD/cdk/README.md'],
  [{ type: 'git', url: 'git+https://github.com/you/sync.git' }, 'https://github.com/you/sync/blob/HEAD/cdk/README.md'],
  ['git@github.com:you/sync.git', 'cdk/README.md'],
  [undefined, 'cdk/README.md'],
])('the repository %j has the runbook at %s', (repository, address) => {
  expect(runbookAddress(repository)).toBe(address)
})

test('every setting is a property of the construct', () => {
  expect(SETTING_NAMES).toHaveLength(19)
  expect(() => aSync({ throttleRate: 5, metricsNamespace: 'Ours', webAclArn: ACL })).not.toThrow()
})
