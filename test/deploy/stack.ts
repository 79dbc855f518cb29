import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './command.ts'
import type { Environment } from './command.ts'
import type { Guide } from './operators-guide.ts'

/** A deployment to be: destinations.json, and settings as `-c key=value` takes them. */
export type Settings = { destinations: object; context?: Readonly<Record<string, string>> }

/** Makes a cloud assembly, the stack as it will be deployed, with its bundles. Returns its directory. */
export async function synthesise(directory: string, env: Environment, settings: Settings): Promise<string> {
  await mkdir(directory)
  const path = join(directory, 'destinations.json')
  await writeFile(path, JSON.stringify(settings.destinations))
  const values = Object.entries({ ...settings.context, destinations: path })
  const context = values.flatMap(([key, value]) => ['--context', `${key}=${value}`])
  const assembly = join(directory, 'cdk.out')
  const app = ['--app', 'node test/deploy/app.ts', '--output', assembly]
  await run('cdk', ['synth', '--quiet', '--no-notices', ...app, ...context], env)
  return assembly
}

/** Deploys it with the CDK CLI. Returns the environment with the outputs as variables, and where its settings are. */
export async function deploy(assembly: string, env: Environment, guide: Guide): Promise<Environment> {
  const awsUrl = `AwsUrl=${env.AWS_ENDPOINT_URL ?? ''}`
  await cdk(assembly, env, 'deploy', '--require-approval', 'never', '--parameters', awsUrl)
  return { ...(await guide.outputs(env)), DESTINATIONS: join(assembly, '../destinations.json') }
}

/** Runs a command of the CDK CLI on a cloud assembly. */
export async function cdk(assembly: string, env: Environment, command: string, ...args: string[]): Promise<string> {
  return await run('cdk', [command, '--no-notices', '--app', assembly, ...args], env)
}

/** What the AWS CLI answers to a command without spaces in its arguments. */
export async function aws<T>(env: Environment, command: string): Promise<T> {
  return JSON.parse(await run('aws', [...command.split(' '), '--output', 'json'], env)) as T
}
