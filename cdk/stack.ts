import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib'
import type { StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Destinations, SettingProblem } from '../lib/config/destinations.ts'
import { Consumer } from './consumer.ts'
import { Register } from './register.ts'
import { TrackApi } from './track-api.ts'
import { TrackQueues } from './track-queues.ts'

type AudienceSyncProps = StackProps & { destinations: Destinations; warnings: readonly SettingProblem[] }

/** Everything that stands between a tracking SDK and Meta's Graph API. */
export class AudienceSyncStack extends Stack {
  constructor(scope: Construct, id: string, props: AudienceSyncProps) {
    super(scope, id, props)
    const { destinations } = props
    const queues = new TrackQueues(this, 'Queues')
    const trackApi = new TrackApi(this, 'TrackApi', { queues, destinations })
    const register = new Register(this, 'Register')
    new Consumer(this, 'Consumer', { queues, register, destinations })

    for (const { path, message } of props.warnings)
      Annotations.of(this).addWarningV2(`facebook-audience-sync:${path}`, `destinations.json: ${path} ${message}`)
    new CfnOutput(this, 'TrackUrl', { value: trackApi.api.url, description: 'The data plane URL for tracking SDKs' })
    new CfnOutput(this, 'WriteKeysSecret', { value: trackApi.writeKeys.secretArn })
  }
}
