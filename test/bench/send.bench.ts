import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aSendEndpoint } from '../cli/send/send-endpoint.ts'
import type { Benchmark, Measurement } from './benchmark.ts'

/** Memory must not grow with the file. */
const MOST_GROWTH = 1.1

const SIZES = [100_000, 1_000_000] as const

/** What `send` takes for a file of 100,000 rows and for one of 1,000,000. It fails when memory grows with the file. */
const benchmark: Benchmark = {
  name: 'send',
  run: async () => {
    const readings = []
    for (const rows of SIZES) readings.push({ rows, ...(await measure(rows)) })
    const [small, large] = readings
    const growth = (large?.peakMb ?? NaN) / (small?.peakMb ?? NaN)
    if (!(growth <= MOST_GROWTH)) {
      process.exitCode = 1
      console.error(`send takes ${growth.toFixed(2)} times the memory for ten times the rows; at most ${MOST_GROWTH}`)
    }
    return [
      ...readings.flatMap(({ rows, peakMb, seconds }): Measurement[] => [
        { name: `${rows.toLocaleString('en')} rows`, value: peakMb, unit: 'MB at most' },
        { name: `${rows.toLocaleString('en')} rows`, value: rows / seconds, unit: 'rows/s' },
      ]),
      { name: 'growth', value: growth, unit: `times (at most ${MOST_GROWTH})` },
    ]
  },
}
export default benchmark

const MEASURED =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS+"\\n"))'

/** What `npm run cli` gives to Node. */
function commandLine(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { cli: string } }
  return scripts.cli.replace('exec node ', '').split(' ')
}

async function measure(rows: number): Promise<{ peakMb: number; seconds: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'send-'))
  // The calls of a request are not parsed: that would take more time than what is measured.
  const endpoint = await aSendEndpoint(
    {},
    ({ body }) => ({
      status: 200,
      body: { success: true, accepted: body.split('"type":"track"').length - 1 },
    }),
    false,
  )
  try {
    const path = join(directory, 'people.csv')
    await writePeople(path, rows)
    const startedAt = performance.now()
    const args = [
      'send',
      path,
      '--event',
      'USER_ADD',
      '--list',
      'add',
      '--as-of',
      'file',
      '--yes',
      '--url',
      endpoint.url,
    ]
    const { status, stderr } = await run(['--import', MEASURED, ...commandLine(), ...args])
    const kilobytes = Number(/^peak (\d+)$/m.exec(stderr)?.[1])
    if (status !== 0 || !(kilobytes > 0)) throw new Error(`send ended with ${status}: ${stderr}`)
    return { peakMb: kilobytes / 1024, seconds: (performance.now() - startedAt) / 1000 }
  } finally {
    await endpoint.close()
    await rm(directory, { recursive: true })
  }
}

async function writePeople(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path)
  file.write('EMAIL,FN,Notes\n')
  for (let row = 0; row < rows; row += 1)
    if (!file.write(`person${row}@example.com,Ann,"customer ${row}, since ""always"""\n`)) await once(file, 'drain')
  file.end()
  await once(file, 'finish')
}

function run(args: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.once('error', reject).once('close', (status) => resolve({ status, stderr }))
  })
}
