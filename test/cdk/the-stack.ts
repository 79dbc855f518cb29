import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { onTestFinished } from 'vitest'
import { FacebookAudienceSync } from '../../cdk/facebook-audience-sync.ts'
import type { FacebookAudienceSyncProps } from '../../cdk/facebook-audience-sync.ts'
import { synthesise } from '../../cdk/synthesise.ts'
import type { CloudFormation } from '../support/template.ts'
import { settingsOf } from '../support/settings.ts'

const directory = mkdtempSync(join(tmpdir(), 'stack-'))

const synthesis = synthesise({ destinationsPath: 'cdk/destinations.json', outputDirectory: join(directory, 'cdk.out') })

/** The stack of the repository's own settings, synthesised once for all test files of a process. */
export const theStack = {
  stack: synthesis.template as CloudFormation,
  template: synthesis.template,
  /** Where the assets are. */
  assembly: synthesis.directory,
}

/** An app that leaves nothing behind. CDK's own checks take seconds: only where they are what it is about. */
export function anApp(context: Record<string, unknown> = {}, { isChecked = false } = {}): App {
  const outdir = mkdtempSync(join(tmpdir(), 'app-'))
  onTestFinished(() => {
    rmSync(outdir, { recursive: true })
  })
  return new App({ outdir, context, analyticsReporting: false, builtinCloudFormationValidation: isChecked })
}

/** The construct as another CDK app would use it, in a stack that may already have one. */
export function aSync(
  props: Partial<FacebookAudienceSyncProps> = {},
  { stack = new Stack(anApp(), 'Theirs'), id = 'Sync' }: { stack?: Stack; id?: string } = {},
): FacebookAudienceSync {
  return new FacebookAudienceSync(stack, id, { destinations: settingsOf(), ...props })
}
