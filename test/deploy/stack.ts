import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './command.ts'
import type { Environment } from './command.ts'
import type { Guide } from './operators-guide.ts'

/** A deployment to be: destinations.json, and settings as `-c key=value` takes them. */
export type Settings = { destinations: object; context?: Readonly<Record<string, string>> }

/** Deploys with the CDK CLI. Returns the environment with the outputs as variables, and the endpoint where it is. */
export async function deploy(
  directory: string,
  env: Environment,
  guide: Guide,
  settings: Settings,
): Promise<Environment> {
  const path = join(directory, 'destinations.json')
  await writeFile(path, JSON.stringify(settings.destinations))
  const values = Object.entries({ ...settings.context, destinations: path })
  const context = values.flatMap(([key, value]) => ['--context', `${key}=${value}`])
  const app = ['--app', 'node test/deploy/app.ts', '--output', join(directory, 'cdk.out')]
  await run('cdk', ['deploy', '--no-notices', '--require-approval', 'never', ...app, ...context], env)
  const withOutputs = await guide.outputs(env)
  // Only AWS answers at the address that a real API would have.
  const { TrackUrl = '', AWS_ENDPOINT_URL = '' } = withOutputs
  const [, id = ''] = /^https:\/\/(\w+)\.execute-api\./.exec(TrackUrl) ?? []
  return { ...withOutputs, TrackUrl: `${AWS_ENDPOINT_URL}/restapis/${id}/prod/_user_request_/` }
}

/** Runs a command of the CDK CLI on what was deployed last. */
export async function cdk(directory: string, env: Environment, command: string, ...args: string[]): Promise<string> {
  return await run('cdk', [command, '--no-notices', '--app', join(directory, 'cdk.out'), ...args], env)
}

/** What the AWS CLI answers to a command without spaces in its arguments. */
export async function aws<T>(env: Environment, command: string): Promise<T> {
  return JSON.parse(await run('aws', [...command.split(' '), '--output', 'json'], env)) as T
}
