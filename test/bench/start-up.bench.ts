import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { bundleOptions } from '../../cdk/bundle.ts'
import { synthesise } from '../../cdk/synthesise.ts'
import { readTemplate } from '../../lib/local/template.ts'
import type { FunctionResource } from '../../lib/local/template.ts'
import type { Template } from '../../lib/local/template-value.ts'
import { interleave, median } from './benchmark.ts'
import type { Benchmark, Measurement } from './benchmark.ts'

const ROUNDS = 15

/** First calls that need nothing but the code: what a cold start adds to them is what is measured. */
const FIRST_CALLS = {
  ingest: { httpMethod: 'GET', path: '/health', headers: {}, body: null, isBase64Encoded: false },
  consumer: { Records: [] },
}
const FUNCTIONS = { ingest: 'TrackApiIngest', consumer: 'ConsumerHandler' }

/** From the start of loading to the end of the first call, in a process that does nothing else. */
const PROBE = `
  const context = { getRemainingTimeInMillis: () => 180000, awsRequestId: 'first' }
  const load = process.argv[1].endsWith('.mjs') ? (file) => import(file) : (file) => Promise.resolve(require(file))
  const startedAt = performance.now()
  load(process.argv[1])
    .then(({ handler }) => handler(JSON.parse(process.argv[2]), context))
    .then(() => { const ms = performance.now() - startedAt; require('fs').writeSync(3, String(ms)); process.exit() })
`

/** Start-up of the bundles as deployed, against the same code as an ES module, and against a handler that does nothing. */
const benchmark: Benchmark = {
  name: 'start-up',
  run: () => {
    const directory = mkdtempSync(join(tmpdir(), 'start-up-'))
    try {
      const outputDirectory = join(directory, 'cdk.out')
      const { template, ...assembly } = synthesise({ destinationsPath: 'cdk/destinations.json', outputDirectory })
      const queueUrl = (name: string) => `http://127.0.0.1/000000000000/${name}`
      const { functions } = readTemplate(template as Template, { ...assembly, queueUrl })
      return Promise.resolve(
        (['ingest', 'consumer'] as const).flatMap((name) => {
          const deployed = functions.find((each) => each.name.startsWith(FUNCTIONS[name]))
          if (!deployed) throw new Error(`The template has no ${name}`)
          return measure(name, deployed, join(directory, name))
        }),
      )
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
export default benchmark

function measure(name: keyof typeof FIRST_CALLS, deployed: FunctionResource, directory: string): Measurement[] {
  mkdirSync(directory)
  // Outside of any package, as in Lambda, where the file's ending alone says what it is.
  writeFileSync(join(directory, 'package.json'), '{}')
  cpSync(deployed.codeDirectory, directory, { recursive: true })
  const files = { deployed: 'index.js', module: 'module.mjs', empty: 'empty.js' }
  buildSync({
    ...bundleOptions(name),
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile: join(directory, files.module),
  })
  writeFileSync(join(directory, files.empty), 'exports.handler = async () => null')

  const environment = { ...deployed.environment, LAMBDA_TASK_ROOT: directory, AWS_REGION: 'us-east-1' }
  const event = JSON.stringify(FIRST_CALLS[name])
  const times: Record<keyof typeof files, number[]> = { deployed: [], module: [], empty: [] }
  const start = (variant: keyof typeof files) => () => {
    const { output, status } = spawnSync(process.execPath, ['--eval', PROBE, join(directory, files[variant]), event], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${name} does not start from ${files[variant]}`)
    times[variant].push(Number(output[3]))
  }
  interleave(ROUNDS, () => ({ deployed: start('deployed'), module: start('module'), empty: start('empty') }))

  // The first rounds, which interleave() does not count either, warm the disk's cache.
  const counted = (variant: keyof typeof files) => times[variant].slice(-ROUNDS)
  const ratio = (over: keyof typeof files, under: keyof typeof files) =>
    median(counted(over).map((ms, round) => ms / (counted(under)[round] ?? NaN)))
  return [
    { name: `${name}, as deployed`, value: median(counted('deployed')), unit: 'ms' },
    { name: `${name}, as an ES module`, value: median(counted('module')), unit: 'ms' },
    { name: 'a handler that does nothing', value: median(counted('empty')), unit: 'ms' },
    { name: `${name}: ES module / as deployed`, value: ratio('module', 'deployed'), unit: '×' },
    { name: `${name}: as deployed / nothing`, value: ratio('deployed', 'empty'), unit: '×' },
  ]
}
