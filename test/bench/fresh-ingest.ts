import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { synthesise } from '../../cdk/synthesise.ts'
import { readTemplate } from '../../lib/local/template.ts'
import type { Template } from '../../lib/local/template-value.ts'
import { restEvent } from '../support/http-event.ts'
import type { HttpRequest } from '../support/http-event.ts'

/** What became of a request, and the most memory that its process ever held, in bytes. */
type Peak = { status: number; body: string; bytes: number }

/** The ingest function as it is deployed, in a process of its own for each request. */
export type FreshIngest = {
  /** Bytes that the function has. */
  memory: number
  /** Sends a request so many times, one after another, to a new process. */
  invoke: (request: HttpRequest, times?: number) => Promise<Peak>
  close: () => void
}

// As Lambda's runtime does it: the event is text until it is parsed, and both are there while the handler runs. It is
// memory that is measured, so a busy machine ends no request.
const PROBE = `
  const { readFileSync, writeFileSync } = require('fs')
  const [, bundle, eventFile, answerFile, times] = process.argv
  const context = { getRemainingTimeInMillis: () => 600000, awsRequestId: 'only' }
  const { handler } = require(bundle)
  const run = async () => {
    let answer
    for (let time = 0; time < Number(times); time += 1)
      answer = await handler(JSON.parse(readFileSync(eventFile, 'utf8')), context)
    const [, kilobytes] = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
    writeFileSync(answerFile, JSON.stringify({ status: answer.statusCode, body: answer.body, bytes: kilobytes * 1024 }))
    process.exit()
  }
  run()
`

/** Takes the ingest function from the template of some settings, the repository's own at first; its write key is `key`. */
export async function freshIngest(destinationsPath = 'cdk/destinations.json'): Promise<FreshIngest> {
  const directory = mkdtempSync(join(tmpdir(), 'fresh-ingest-'))
  const outputDirectory = join(directory, 'cdk.out')
  const { template, ...assembly } = synthesise({ destinationsPath, outputDirectory })
  const aws = await startAws()
  const queueUrl = (name: string) => `${aws.url}/000000000000/${name}`
  const { functions } = readTemplate(template as Template, { ...assembly, queueUrl })
  const deployed = functions.find(({ name }) => name.startsWith('TrackApiIngest'))
  if (!deployed) throw new Error('The template has no ingest function')
  const env = {
    ...deployed.environment,
    LAMBDA_TASK_ROOT: deployed.codeDirectory,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_ENDPOINT_URL: aws.url,
  }
  let count = 0
  const invoke = async (request: HttpRequest, times = 1): Promise<Peak> => {
    const file = join(directory, String((count += 1)))
    writeFileSync(`${file}.event`, JSON.stringify(restEvent(request)))
    // As the local stack starts it.
    const flags = [`--max-old-space-size=${Math.ceil(deployed.memoryMb * 0.9)}`, '--eval', PROBE]
    const args = [join(deployed.codeDirectory, 'index.js'), `${file}.event`, `${file}.answer`, String(times)]
    await promisify(execFile)(process.execPath, [...flags, ...args], { env, maxBuffer: 100_000_000 })
    const peak = JSON.parse(await readFile(`${file}.answer`, 'utf8')) as Peak
    for (const ending of ['event', 'answer']) rmSync(`${file}.${ending}`)
    return peak
  }
  return {
    memory: deployed.memoryMb * 1024 ** 2,
    invoke,
    close: () => {
      aws.close()
      rmSync(directory, { recursive: true })
    },
  }
}

/** SQS that takes everything, and Secrets Manager that has one key. */
function startAws(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as { Entries?: Entry[] }
      const answer = Entries ? { Successful: Entries.map(taken) } : { SecretString: '{"server":"key"}' }
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer))
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ url: `http://127.0.0.1:${port}`, close: () => void server.close() })
    })
  })
}

type Entry = { Id: string; MessageBody: string }

// The client compares the digest.
const taken = ({ Id, MessageBody }: Entry) => ({
  Id,
  MessageId: Id,
  MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
})
