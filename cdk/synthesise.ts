import { App } from 'aws-cdk-lib'
import { createNearMiss } from '../lib/config/nearest-name.ts'
import { readDestinations } from './destinations-file.ts'
import { CONTEXT_NAMES, SettingsError, parseContext, problemLines } from './settings.ts'
import { AudienceSyncStack } from './stack.ts'

/** Adds the stack to an app, with the destinations of a file and the settings of the context. Throws SettingsError. */
export function addStack(app: App, destinationsPath: unknown, today = new Date()): AudienceSyncStack {
  const context = parseContext(settingsOf(app))
  const file = readDestinations(destinationsPath, today)
  if (!context.ok || !file.ok)
    throw new SettingsError(
      [
        ...(context.ok ? [] : problemLines('The context (cdk.json, or -c on the command line)', context.problems)),
        ...(file.ok ? [] : file.lines),
      ].join('\n'),
    )
  const { stackName, ...settings } = context.settings
  return new AudienceSyncStack(app, stackName, {
    ...settings,
    today,
    description: 'Keeps Facebook custom audiences in step with track events',
    destinations: file.destinations,
    warnings: file.warnings,
  })
}

type Synthesis = { template: Record<string, unknown>; directory: string }

/** The CloudFormation template and the directory of its assets, without an AWS account. Throws SettingsError. */
export function synthesise(options: {
  destinationsPath: string
  outputDirectory: string
  context?: Record<string, unknown>
}): Synthesis {
  const app = new App({
    outdir: options.outputDirectory,
    analyticsReporting: false,
    // It takes most of the time, and `cdk synth` does it with what is deployed.
    builtinCloudFormationValidation: false,
    context: { ...options.context, 'aws:cdk:enable-asset-metadata': true },
  })
  const stack = addStack(app, options.destinationsPath)
  const assembly = app.synth()
  return {
    template: assembly.getStackArtifact(stack.artifactId).template as Record<string, unknown>,
    directory: assembly.directory,
  }
}

const meantBy = createNearMiss(CONTEXT_NAMES.map((name) => [name, name]))

/**
 * The settings among the keys of the context, without `destinations`. CDK's own keys have a colon, a dash or an at sign
 * in their names. A setting in another spelling may have one too: `throttle-rate`.
 */
function settingsOf(app: App): Record<string, unknown> {
  const context = app.node.getAllContext() as Record<string, unknown>
  const isOurs = (key: string) => key !== 'destinations' && (/^[A-Za-z]+$/.test(key) || meantBy(key) !== undefined)
  return Object.fromEntries(Object.entries(context).filter(([key]) => isOurs(key)))
}
