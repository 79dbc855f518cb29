import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { settingsOf } from '../../support/settings.ts'

type Answer = { status: number; body: unknown; headers?: Record<string, string> }

export type SentRequest = { key: string; body: string }

/**
 * What `send` needs of a stack, in one server: its description, the secret of its write keys, and its ingest endpoint.
 * `answer` is that of ingest; undefined leaves the request without one.
 */
export async function aSendEndpoint(
  settings: Parameters<typeof settingsOf>[0] = {},
  answer: (request: SentRequest) => Answer | undefined | Promise<Answer | undefined> = accepted,
  isKept = true,
) {
  const parsed = settingsOf(settings)
  const requests: SentRequest[] = []
  const keys = Object.fromEntries(parsed.sources.map(({ name }) => [name, `key-of-${name}`]))
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const reply = ({ status, body, headers = {} }: Answer) =>
        void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
      if (request.url === '/_local/stack') {
        reply({ status: 200, body: description() })
        return
      }
      if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
        reply({ status: 200, body: { SecretString: JSON.stringify(keys) } })
        return
      }
      const sent = { key: keyIn(request), body: Buffer.concat(chunks).toString('utf8') }
      if (isKept) requests.push(sent)
      void Promise.resolve(answer(sent)).then((given) => (given ? reply(given) : response.destroy()))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function description() {
    const outputs = { TrackUrl: `${url}/`, WriteKeysSecret: 'write-keys' }
    const now = { timeScale: 1, now: Date.now() }
    return { outputs, awsUrl: url, graphUrl: url, region: 'us-east-1', settings: parsed, ...now }
  }

  return {
    url,
    requests,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** What ingest answers when all is well. */
export function accepted({ body }: SentRequest): Answer {
  return { status: 200, body: { success: true, accepted: callsIn(body).length } }
}

type Call = {
  event: string
  messageId: string
  originalTimestamp: string
  properties: Record<string, unknown> & {
    userListAdd?: Record<string, unknown>[]
    userListDelete?: Record<string, unknown>[]
  }
}

/** The track calls of a request. */
export function callsIn(body: string): Call[] {
  return (JSON.parse(body) as { batch: Call[] }).batch
}

function keyIn({ headers }: IncomingMessage): string {
  return Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64')
    .toString('utf8')
    .slice(0, -1)
}
