import { readFileSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { parseDestinations } from '../lib/config/destinations.ts'
import type { SettingProblem } from '../lib/config/setting-problem.ts'
import { SettingsError, parseSettings } from './settings.ts'
import { AudienceSyncStack } from './stack.ts'

/** Adds the stack to an app, with the destinations of a file and the settings of the context. Throws SettingsError. */
export function addStack(app: App, destinationsPath: string, today = new Date()): AudienceSyncStack {
  const settings = parseSettings(settingsOf(app))
  const parsed = parseDestinations(readJson(destinationsPath))
  if (!settings.ok || !parsed.ok)
    throw new SettingsError(
      [
        ...(settings.ok ? [] : report('The context (cdk.json, or -c on the command line)', settings.problems)),
        ...(parsed.ok ? [] : report(destinationsPath, parsed.problems)),
      ].join('\n'),
    )
  return new AudienceSyncStack(app, 'FacebookAudienceSync', {
    ...settings.settings,
    today,
    description: 'Keeps Facebook custom audiences in step with track events',
    destinations: parsed.destinations,
    warnings: parsed.warnings,
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
    context: { ...options.context, 'aws:cdk:enable-asset-metadata': true },
  })
  const stack = addStack(app, options.destinationsPath)
  const assembly = app.synth()
  return {
    template: assembly.getStackArtifact(stack.artifactId).template as Record<string, unknown>,
    directory: assembly.directory,
  }
}

/** The settings among the keys of the context; those of CDK have a colon, a dash or an at sign in their names. */
function settingsOf(app: App): Record<string, unknown> {
  const context = app.node.getAllContext() as Record<string, unknown>
  const own = Object.entries(context).filter(([key]) => /^[a-z][A-Za-z]*$/.test(key) && key !== 'destinations')
  return Object.fromEntries(own)
}

function report(where: string, problems: readonly SettingProblem[]): string[] {
  return [`${where} cannot be used:`, ...problems.map(({ path, message }) => `  ${path}: ${message}`)]
}

function readJson(path: string): unknown {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SettingsError(`${path} cannot be read`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SettingsError(`${path} is not JSON: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}
