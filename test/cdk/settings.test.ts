import { expect, test } from 'vitest'
import { SETTING_NAMES, SettingsError, parseSettings } from '../../cdk/settings.ts'
import { addStack } from '../../cdk/synthesise.ts'
import { aSync, anApp } from './the-stack.ts'

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
  ['throttleRate', 0, 'must be a whole number from 1 to 10000, and is 0'],
  ['throttleRate', '1.5', 'must be a whole number from 1 to 10000, and is "1.5"'],
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
  ['alarmTopicArn', 'topic', 'must be an ARN that begins with arn:aws:sns:'],
  ['webAclArn', 'arn:aws:sns:x', 'must be an ARN that begins with arn:aws:wafv2:'],
  ['graphApiUrl', 'http://graph.facebook.com', 'must be an address that begins with https://'],
  ['runbookUrl', '', 'may not be empty'],
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
    /throttleRate must .*\n {2}giveUpAfterHours must/,
  )
})

test('every setting is a property of the construct', () => {
  expect(SETTING_NAMES).toHaveLength(19)
  expect(() => aSync({ throttleRate: 5, metricsNamespace: 'Ours', webAclArn: 'arn:aws:wafv2:::x' })).not.toThrow()
})
