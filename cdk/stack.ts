import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib'
import type { StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { SettingProblem } from '../lib/config/setting-problem.ts'
import { FacebookAudienceSync } from './facebook-audience-sync.ts'
import type { FacebookAudienceSyncProps } from './facebook-audience-sync.ts'

type AudienceSyncProps = StackProps & FacebookAudienceSyncProps & { warnings: readonly SettingProblem[] }

/** The construct in a stack of its own, with what a person needs to know of it as outputs. */
export class AudienceSyncStack extends Stack {
  constructor(scope: Construct, id: string, props: AudienceSyncProps) {
    super(scope, id, props)
    // "Default" adds nothing to names, so they stay short: QueuesTrack…, ConsumerHandler….
    const { trackApi, queues, dashboard } = new FacebookAudienceSync(this, 'Default', props)

    for (const { path, message } of props.warnings)
      Annotations.of(this).addWarningV2(`facebook-audience-sync:${path}`, `destinations.json: ${path} ${message}`)
    new CfnOutput(this, 'TrackUrl', { value: trackApi.api.url, description: 'The data plane URL for tracking SDKs' })
    new CfnOutput(this, 'WriteKeysSecret', { value: trackApi.writeKeys.secretArn })
    new CfnOutput(this, 'RetryQueueArn', {
      value: queues.retry.queueArn,
      description: 'Where dead letters are redriven to',
    })
    new CfnOutput(this, 'DashboardName', { value: dashboard.name })
    new CfnOutput(this, 'DeadLettersArn', { value: queues.deadLetters.queueArn })
  }
}
