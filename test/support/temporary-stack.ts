import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalStack } from '../../lib/local/stack.ts'
import type { LocalStack } from '../../lib/local/stack.ts'

type Options = Partial<
  Pick<
    Parameters<typeof startLocalStack>[0],
    'port' | 'graphPort' | 'batchWindow' | 'timeScale' | 'log' | 'onAwsCall' | 'graphApiUrl'
  >
>

/** The local stack, on free ports unless said otherwise, with these sources and destinations in a file that goes with it. */
export async function startTemporaryStack(settings: object, options: Options = {}): Promise<LocalStack> {
  const directory = await mkdtemp(join(tmpdir(), 'stack-'))
  const destinationsPath = join(directory, 'destinations.json')
  await writeFile(destinationsPath, JSON.stringify(settings))
  const stack = await startLocalStack({
    port: 0,
    graphPort: 0,
    graphApiUrl: undefined,
    destinationsPath,
    writeKey: 'local-write-key',
    accessToken: 'local-access-token',
    batchWindow: 1,
    timeScale: 1,
    log: () => undefined,
    ...options,
  })
  return {
    ...stack,
    async close() {
      const left = await stack.close()
      await rm(directory, { recursive: true, force: true })
      return left
    },
  }
}
