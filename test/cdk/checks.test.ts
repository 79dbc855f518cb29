import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, Stack, Stage, Validations } from 'aws-cdk-lib'
import { CfnQueue } from 'aws-cdk-lib/aws-sqs'
import { expect, test } from 'vitest'
import { addChecks } from '../../cdk/checks.ts'
import { addStack } from '../../cdk/synthesise.ts'
import { isLong } from '../support/long.ts'
import { anApp } from './the-stack.ts'

/** The rules that the synthesised app breaks. */
function findingsOf(app: App): string[] {
  try {
    app.synth()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ValidationFailed') throw error
  }
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as {
    pluginReports: { violations: { ruleName: string }[] }[]
  }
  return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName))
}

const OTHER_SETTINGS: [string, Record<string, unknown>][] = [
  [
    'with everything turned on',
    {
      alarmEmail: 'ops@example.com',
      alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:ops',
      webAclArn: 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/b',
      consumerConcurrency: 8,
      ingestConcurrency: 50,
    },
  ],
  ['with everything turned off', { encryption: 'aws-owned', accessLogs: false, gatewayLogRole: 'exists' }],
]

// CDK's own validation takes seconds more. `cdk synth` always does it.
test.each<[string, Record<string, unknown>]>([['as it is', {}], ...(isLong ? OTHER_SETTINGS : [])])(
  'the stack %s breaks no rule of AWS’s packs',
  { timeout: 120_000 },
  (_, context) => {
    const app = anApp(context, { isChecked: isLong })
    addChecks(app)
    addStack(app, 'cdk/destinations.json')
    expect(findingsOf(app)).toEqual([])
  },
)

test('what breaks a rule is found', () => {
  const app = anApp()
  addChecks(app)
  new CfnQueue(new Stack(app, 'Theirs'), 'Queue')
  expect(findingsOf(app)).toEqual(expect.arrayContaining(['AwsSolutions-SQS4', 'Serverless-SQSRedrivePolicy']))
})

test('rules are acknowledged on resources, each with a reason, and never for the app or a stack', () => {
  const app = anApp()
  addStack(app, 'cdk/destinations.json')
  const acknowledged = app.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .map(({ data }) => ({ construct, reasons: Object.values(data as Record<string, string>) })),
    )
  expect(acknowledged.length).toBeGreaterThan(5)
  for (const { construct, reasons } of acknowledged) {
    expect(App.isApp(construct) || Stage.isStage(construct) || Stack.isStack(construct)).toBe(false)
    for (const reason of reasons) expect(JSON.stringify(reason).length).toBeGreaterThan(30)
  }
})
