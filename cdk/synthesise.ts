import { readFileSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { parseDestinations } from '../lib/config/destinations.ts'
import { AudienceSyncStack } from './stack.ts'

/** The settings file is wrong; the message lists every problem, one a line. */
export class SettingsError extends Error {
  override name = 'SettingsError' as const
}

/** Adds the stack to an app, with the destinations of a file. Throws SettingsError. */
export function addStack(app: App, destinationsPath: string): AudienceSyncStack {
  const parsed = parseDestinations(readJson(destinationsPath))
  if (!parsed.ok)
    throw new SettingsError(
      [
        `${destinationsPath} cannot be used:`,
        ...parsed.problems.map(({ path, message }) => `  ${path}: ${message}`),
      ].join('\n'),
    )
  return new AudienceSyncStack(app, 'FacebookAudienceSync', {
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
