import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { SettingsError } from '../../cdk/settings.ts'
import { isLong } from '../support/long.ts'
import { destinationsOf, settingsOf } from '../support/settings.ts'
import { resourcesOf } from '../support/template.ts'
import type { CloudFormation } from '../support/template.ts'
import { aSync, anApp } from './the-stack.ts'

/** As long as they get: a region, an account, and names that CloudFormation makes. */
const PSEUDO: Record<string, string> = {
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws-us-gov',
  'AWS::URLSuffix': 'amazonaws.com.cn',
  'AWS::StackId': `arn:aws:cloudformation:ap-southeast-1:123456789012:stack/${'s'.repeat(128)}/120694ae-3fef-4310-bbb6-f9ee7d404a2a`,
}
const ARN = `arn:aws-us-gov:something:ap-southeast-1:123456789012:${'n'.repeat(120)}`

/** A value as it is deployed, with the longest that a reference can stand for. */
function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed)
  if (typeof value !== 'object' || value === null) return value
  const [[key, argument] = ['', undefined]] = Object.entries(value) as [string, unknown][]
  if (key === 'Ref') return PSEUDO[argument as string] ?? ARN
  if (key === 'Fn::GetAtt') return ARN
  const list = deployed(argument)
  if (key === 'Fn::Join') return (list as [string, string[]])[1].join((list as [string])[0])
  if (key === 'Fn::Select') return (list as [number, string[]])[1][(list as [number])[0]]
  if (key === 'Fn::Split') return (list as [string, string])[1].split((list as [string])[0])
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, deployed(item)]))
}

const destinations = (count: number, secret?: (name: string) => string) => ({
  ...settingsOf(),
  destinations: destinationsOf(
    ...Array.from({ length: count }, (_, index) => {
      const name = `destination-${index}`.padEnd(64, 'x')
      const events = { [`Event ${index}`]: String(23848672402580000 + index) }
      return { name, events, ...(secret && { accessTokenSecret: secret(name) }) }
    }),
  ),
})

const EVERYTHING = {
  alarmEmail: 'ops@example.com',
  alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:ops',
  webAclArn: 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/b',
  formerKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/of-before',
  metricsNamespace: 'n'.repeat(255),
  runbookUrl: 'r'.repeat(700),
  graphApiUrl: `https://example.com/`.padEnd(300, 'g'),
}

function stackOf(given: ReturnType<typeof destinations>): CloudFormation {
  const stack = new Stack(anApp(), 'Theirs')
  aSync({ ...EVERYTHING, destinations: given }, { stack, id: 'Default' })
  return Template.fromStack(stack).toJSON() as CloudFormation
}

const named = (name: string) => `meta/tokens/${name}`
const ofLength = (length: number) => (name: string) => name.padEnd(length, 'y')
const wholeArn = (length: number) => (name: string) =>
  `arn:aws-us-gov:secretsmanager:ap-southeast-1:123456789012:secret:${name.padEnd(length, 'y')}-AbCdEf`
type Case = [string, ReturnType<typeof destinations>]
const BETWEEN: Case[] = [
  ['20 with secrets of the stack', destinations(20)],
  ['104 with secrets of their own', destinations(104, named)],
  ['60 with secrets of 96 characters', destinations(60, ofLength(96))],
  ['20 with secrets of 512 characters', destinations(20, ofLength(512))],
  ['50 with whole ARNs of 512 characters', destinations(50, wholeArn(512))],
]
test.each<Case>([
  ...(isLong ? BETWEEN : []),
  ['1 with the secret of the stack', destinations(1)],
  ['83 with secrets of the stack', destinations(83)],
  ['104 with secrets of 256 characters', destinations(104, ofLength(256))],
])('%s: environment, policies, alarms and resources stay below AWS’s limits', { timeout: 120_000 }, (_, given) => {
  const template = stackOf(given)
  expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500)
  // Lambda measures the variables as JSON.
  for (const [id, { Environment }] of resourcesOf(template, 'AWS::Lambda::Function'))
    expect([id, JSON.stringify((deployed(Environment) as { Variables: object }).Variables).length < 4096]).toEqual([
      id,
      true,
    ])
  for (const [, { AlarmDescription }] of resourcesOf(template, 'AWS::CloudWatch::Alarm'))
    expect((AlarmDescription as string).length).toBeLessThanOrEqual(1024)
  const sizeOf = (policy: Record<string, unknown>) => JSON.stringify(deployed(policy.PolicyDocument)).length
  const inline = resourcesOf(template, 'AWS::IAM::Policy').map(([, policy]) => sizeOf(policy))
  const managed = resourcesOf(template, 'AWS::IAM::ManagedPolicy').map(([, policy]) => sizeOf(policy))
  expect(Math.max(...inline)).toBeLessThanOrEqual(10_240)
  expect(Math.max(0, ...managed)).toBeLessThanOrEqual(6_144)
  for (const [, { ManagedPolicyArns = [] }] of resourcesOf(template, 'AWS::IAM::Role'))
    expect((ManagedPolicyArns as unknown[]).length).toBeLessThanOrEqual(10)
})

test.each<[...Case, RegExp]>([
  ['84 with secrets of the stack', destinations(84), /are 84, and a stack can hold 83 with .* 104 that name/],
  ['106 with secrets of their own', destinations(106, named), /are 106, .* Divide them between two stacks/],
  [
    '104 with secrets of 512 characters',
    destinations(104, ofLength(512)),
    /take 11 IAM policies, and there is room for 6/,
  ],
  ['104 with whole ARNs of 512 characters', destinations(104, wholeArn(512)), /shorten them \(names of 256 characters/],
])('%s are refused, with the way out', { timeout: 60_000 }, (_, given, message) => {
  expect(() => aSync({ destinations: given })).toThrow(SettingsError)
  expect(() => aSync({ destinations: given })).toThrow(message)
})

test('names that differ from those of CDK’s own parts by nothing are names like any other', { timeout: 60_000 }, () => {
  const given = ['Default', 'Resource', 'Secret', 'Policy'].map((name, index) => ({
    name,
    events: { [name]: String(23848672402580000 + index) },
  }))
  const template = stackOf({ ...settingsOf(), destinations: destinationsOf(...given) })
  expect(resourcesOf(template, 'AWS::SecretsManager::Secret')).toHaveLength(given.length + 2)
})
