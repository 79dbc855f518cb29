import { Annotations, Stack } from 'aws-cdk-lib'
import type { StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { SettingProblem } from '../lib/config/setting-problem.ts'
import { FacebookAudienceSync } from './facebook-audience-sync.ts'
import type { FacebookAudienceSyncProps } from './facebook-audience-sync.ts'
import { addOutputs } from './outputs.ts'

type AudienceSyncProps = StackProps & FacebookAudienceSyncProps & { warnings: readonly SettingProblem[] }

/** A stack with only the construct. Its outputs are what a person needs to know. */
export class AudienceSyncStack extends Stack {
  constructor(scope: Construct, id: string, props: AudienceSyncProps) {
    super(scope, id, props)
    // "Default" adds nothing to names, so they stay short: QueuesTrack…, ConsumerHandler….
    const sync = new FacebookAudienceSync(this, 'Default', props)
    addOutputs(this, sync)
    for (const { path, message } of props.warnings)
      Annotations.of(this).addWarningV2(`facebook-audience-sync:${path}`, `destinations.json: ${path} ${message}`)
  }
}
