import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { synthesise } from '../../cdk/synthesise.ts'
import { allAudiences } from '../config/audience-mapping.ts'
import type { Destinations } from '../config/destinations-schema.ts'
import { readBundledDestinations } from '../config/bundled-destinations.ts'
import { startAwsEndpoint } from '../emulator/aws/endpoint.ts'
import type { AwsCall } from '../emulator/aws/call.ts'
import { startGateway } from '../emulator/gateway/gateway.ts'
import { startGraphApi } from '../emulator/meta/server.ts'
import type { GraphApi } from '../emulator/meta/server.ts'
import { createConsole } from './console/console.ts'
import { CONSOLE_PATH } from './console/console-path.ts'
import { createCurrentKeys } from './console/source-keys.ts'
import { createWatch } from './console/watch.ts'
import type { Watch } from './console/watch.ts'
import { localSecrets } from './local-secrets.ts'
import { adaptQueues, findSecret, requireLoopbackQueues } from './local-resources.ts'
import type { LocalSettings } from './settings.ts'
import { memoryOf } from '../emulator/lambda/process-memory.ts'
import { startStackClock, timeOn } from '../emulator/lambda/stack-clock.ts'
import { FUNCTION_KEY, startFunctions, startMappings } from './stack-functions.ts'
import { readTemplate } from './template.ts'
import type { Template } from './template-value.ts'
import { stackEndpoints } from './stack-endpoints.ts'

export type LocalStack = {
  /** The gateway's address. */
  url: string
  awsUrl: string
  graphUrl: string
  /** The time on its functions' clock, ms since 1970. */
  now: () => number
  /** The settings that it runs with. */
  destinations: Destinations
  /** Ends everything, in the order in which requests flow. `waiting` is how many messages were still in its queues. */
  close: () => Promise<{ waiting: number }>
}

type Options = Omit<LocalSettings, 'awsPort'> & {
  awsPort?: number
  /** A line that a function or a poller wrote. */
  log: (source: string, line: string) => void
  onAwsCall?: (call: AwsCall) => void
}

const GRACE_SECONDS = 5

/**
 * Runs what the CDK stack deploys: the bundles, variables, queues, event source mappings and gateway of the synthesised
 * template. Throws SettingsError for an unusable destinations file, and the system's error for a port in use. Then
 * nothing is left running.
 */
export async function startLocalStack(options: Options): Promise<LocalStack> {
  const closers: (() => Promise<void>)[] = []
  const clock = startStackClock(options.timeScale)
  const now = () => timeOn(clock)
  let waiting = 0
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
    return { waiting }
  }
  try {
    const directory = await mkdtemp(join(tmpdir(), 'facebook-audience-sync-'))
    closers.push(() => rm(directory, { recursive: true, force: true }))

    const synthesis = synthesise({
      destinationsPath: options.destinationsPath,
      outputDirectory: join(directory, 'cdk.out'),
    })
    let watch: Watch | undefined
    const aws = await startAwsEndpoint({
      ...(options.awsPort !== undefined && { port: options.awsPort }),
      timeScale: options.timeScale,
      isFunction: (accessKeyId) => accessKeyId.startsWith(FUNCTION_KEY),
      onCall: (call) => {
        options.onAwsCall?.(call)
        watch?.onAwsCall(call)
      },
    })
    closers.push(aws.close, async () => {
      const states = await aws.queues.states()
      waiting = states.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0)
    })

    const resources = readTemplate(synthesis.template as Template, { ...synthesis, queueUrl: aws.queueUrl })
    requireLoopbackQueues(resources.functions)
    for (const { name, attributes } of adaptQueues(resources.queues, options.timeScale))
      await aws.queues.createQueue(name, attributes)
    if (resources.tables.length > 0) await aws.createTables(resources.tables)
    const destinations = readBundledDestinations({ LAMBDA_TASK_ROOT: resources.functions[0]?.codeDirectory })
    const writeKeysSecretArn = findSecret(resources.functions, 'WRITE_KEYS_SECRET_ID')
    const erasureKeyArn = findSecret(resources.functions, 'ERASURE_KEY_SECRET_ID')
    aws.setSecrets(localSecrets({ ...options, ...resources, writeKeysSecretArn, erasureKeyArn, destinations }))
    const keys = createCurrentKeys(() => aws.secret(writeKeysSecretArn ?? '') ?? '')
    const hasEmulator = options.graphApiUrl === undefined
    const seen = (watch = createWatch({ settings: destinations, keys, clock: now, hasEmulator }))
    let page = ''
    const graph = hasEmulator ? await startEmulator(destinations, seen, () => page) : undefined
    const graphUrl = options.graphApiUrl ?? graph?.url ?? ''

    if ((await memoryOf(process.pid)) === undefined)
      options.log('local', 'this system does not tell what memory a process takes: no function is killed for too much')
    const functions = startFunctions(resources, { awsUrl: aws.url, graphUrl, clock, ...heardBy(seen) })
    closers.push(async () => {
      await Promise.all([...functions.values()].map((each) => each.close()))
    })
    const consumed = startMappings(resources, { functions, aws, batchWindow: options.batchWindow, log: options.log })
    closers.push(async () => {
      await Promise.all(consumed.map(({ mapping }) => mapping.close(GRACE_SECONDS)))
    })
    const ingest = functions.get(resources.api?.functionName ?? '')
    if (!resources.api || !ingest) throw new Error('The template has no API with a function behind it')
    const running = {
      ...{ resources, consumed, settings: destinations, clock, service: aws.queues, awsUrl: aws.url, graphUrl },
      functions: [...functions].map(([name, lambda]) => ({ name, lambda })),
      url: () => gateway.url,
    }
    const { outputs } = resources
    const { destinationsPath } = options
    const view = createConsole({ ...running, watch: seen, keys, emulator: graph?.emulator, outputs, destinationsPath })
    const gateway = await startGateway({
      ...resources.api,
      port: options.port,
      invoke: ingest.invoke,
      onRequest: seen.onRequest,
      page: CONSOLE_PATH,
      own: { ...view.endpoints, ...stackEndpoints(running) },
      now,
    })
    page = `${gateway.url}${CONSOLE_PATH}`
    closers.push(() => gateway.close(GRACE_SECONDS), view.close)
    return { url: gateway.url, awsUrl: aws.url, graphUrl, now, destinations, close }
  } catch (error) {
    await close()
    throw error
  }

  async function startEmulator({ destinations }: Destinations, watch: Watch, page: () => string): Promise<GraphApi> {
    const audiences = destinations.flatMap(allAudiences)
    const emulator = await startGraphApi({
      port: options.graphPort,
      audiences: [...new Set(audiences)],
      accessTokens: [options.accessToken],
      clock: now,
      // Nobody knows it before the gateway runs.
      page: () => (page() === '' ? undefined : page()),
      onAnswer: watch.onGraphAnswer,
    })
    closers.push(() => emulator.close())
    return emulator
  }

  /** The console reads the lines of functions, too. */
  function heardBy(watch: Watch): { log: Options['log'] } {
    return {
      log: (name, line) => {
        watch.onLogLine(line)
        options.log(name, line)
      },
    }
  }
}
