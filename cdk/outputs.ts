import { CfnOutput, Fn } from 'aws-cdk-lib'
import type { Stack } from 'aws-cdk-lib'
import { settingsHash } from '../lib/config/settings-hash.ts'
import type { FacebookAudienceSync } from './facebook-audience-sync.ts'

/** Gives the stack an output for everything that the runbook's commands name. */
export function addOutputs(stack: Stack, sync: FacebookAudienceSync): void {
  const { trackApi, queues, consumer, health, register, encryption, tokens, dashboard, graphApiUrl, destinations } =
    sync
  const outputs: Record<string, string | undefined> = {
    TrackUrl: trackApi.api.url,
    WriteKeysSecret: trackApi.writeKeys.secretArn,
    AccessTokenPrefix: tokens.prefix,
    TrackQueueUrl: queues.track.queueUrl,
    RemovalQueueUrl: queues.removal.queueUrl,
    SessionQueueUrl: queues.session.queueUrl,
    RetryQueueUrl: queues.retry.queueUrl,
    DeadLettersUrl: queues.deadLetters.queueUrl,
    SessionDeadLettersUrl: queues.sessionDeadLetters.queueUrl,
    RetryQueueArn: queues.retry.queueArn,
    DeadLettersArn: queues.deadLetters.queueArn,
    SessionDeadLettersArn: queues.sessionDeadLetters.queueArn,
    IngestFunction: trackApi.ingest.functionName,
    ConsumerFunction: consumer.handler.functionName,
    HealthFunction: health.handler.functionName,
    IngestLogs: trackApi.ingest.logGroup.logGroupName,
    ConsumerLogs: consumer.handler.logGroup.logGroupName,
    HealthLogs: health.handler.logGroup.logGroupName,
    AccessLogs: trackApi.accessLog?.logs.logGroupName,
    ErasureKeySecret: register.erasureKey.secretArn,
    RegisterTable: register.table.tableName,
    GraphApiUrl: graphApiUrl,
    SettingsHash: settingsHash(destinations),
    KeyArn: encryption.key?.keyArn,
    DashboardUrl: Fn.sub(
      'https://${AWS::Region}.console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}#dashboards/dashboard/${Name}',
      { Name: dashboard.name },
    ),
  }
  for (const [name, value] of Object.entries(outputs)) if (value !== undefined) new CfnOutput(stack, name, { value })
}
