import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { startServer } from './child-process.ts'
import type { Server } from './child-process.ts'
import type { Environment } from './command.ts'

/** The machine's own settings of AWS, CDK and Python must not reach anything that runs here. */
export function cleanEnvironment(directory: string): Environment {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|PYTHON|npm_)/.test(name))
  return {
    ...(Object.fromEntries(inherited) as Environment),
    PATH: [resolve('node_modules/.bin'), process.env.PATH].join(delimiter),
    // CDK keeps the account of each access key in ~/.cdk, and Lambda's workers write into the temporary directory.
    HOME: join(directory, 'home'),
    TMPDIR: join(directory, 'tmp'),
    NO_PROXY: '127.0.0.1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    NO_COLOR: '1',
  }
}

/** Makes the folders that the environment names, and others that emulators write to. */
export async function makeFolders(directory: string): Promise<void> {
  await Promise.all(
    ['bin', 'home', 'tmp', 's3', 'state'].map((name) => mkdir(join(directory, name), { recursive: true })),
  )
}

/** Starts MiniStack, an emulator of AWS. The environment is for commands: the account's address and keys. */
export async function startMiniStack(directory: string, venv: string): Promise<Server & { env: Environment }> {
  // The AWS CLI of PyPI is version 1, which takes no address for SQS from the environment.
  const aws = join(directory, 'bin/aws')
  await writeFile(aws, `#!/bin/sh\nexec "${join(venv, 'bin/aws')}" --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n`)
  await chmod(aws, 0o755)
  const clean = cleanEnvironment(directory)
  const env = {
    ...clean,
    PATH: [join(directory, 'bin'), clean.PATH].join(delimiter),
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
  }
  const server = await startServer(
    {
      command: join(venv, 'bin/ministack'),
      args: () => [],
      env: (port) => ({
        ...env,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        BIND_HOST: '127.0.0.1',
        MINISTACK_HOST: '127.0.0.1',
        GATEWAY_PORT: port,
        LAMBDA_EXECUTOR: 'local',
        // Roles are held to their policies.
        AUTH: 'true',
        S3_DATA_DIR: join(directory, 's3'),
        STATE_DIR: join(directory, 'state'),
      }),
    },
    '/_ministack/health',
    join(directory, 'ministack.log'),
  )
  return { ...server, env: { ...env, AWS_ENDPOINT_URL: server.url } }
}

/** Starts moto, another emulator of AWS. */
export async function startMoto(directory: string, venv: string): Promise<Server> {
  return await startServer(
    {
      command: join(venv, 'bin/moto_server'),
      args: (port) => ['--host', '127.0.0.1', '--port', port],
      env: () => ({ ...cleanEnvironment(directory), MOTO_ACCOUNT_ID: '000000000000' }),
    },
    '/moto-api/',
    join(directory, 'moto.log'),
  )
}
