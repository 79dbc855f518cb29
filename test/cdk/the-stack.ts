import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { afterAll, onTestFinished } from 'vitest'
import { FacebookAudienceSync } from '../../cdk/facebook-audience-sync.ts'
import type { FacebookAudienceSyncProps } from '../../cdk/facebook-audience-sync.ts'
import { synthesise } from '../../cdk/synthesise.ts'
import type { CloudFormation } from '../support/template.ts'
import { settingsOf } from '../support/settings.ts'

const directory = mkdtempSync(join(tmpdir(), 'stack-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

const synthesis = synthesise({ destinationsPath: 'cdk/destinations.json', outputDirectory: join(directory, 'cdk.out') })

/** The stack of the repository's own settings, synthesised once for a test file. */
export const theStack = {
  stack: synthesis.template as CloudFormation,
  template: synthesis.template,
  /** Where the assets are. */
  assembly: synthesis.directory,
}

/** An app that leaves nothing behind. */
export function anApp(context: Record<string, unknown> = {}): App {
  const outdir = mkdtempSync(join(tmpdir(), 'app-'))
  onTestFinished(() => {
    rmSync(outdir, { recursive: true })
  })
  return new App({ outdir, context, analyticsReporting: false })
}

/** The construct as another CDK app would use it, in a stack that may already have one. */
export function aSync(
  props: Partial<FacebookAudienceSyncProps> = {},
  { stack = new Stack(anApp(), 'Theirs'), id = 'Sync' }: { stack?: Stack; id?: string } = {},
): FacebookAudienceSync {
  return new FacebookAudienceSync(stack, id, { destinations: settingsOf(), ...props })
}
