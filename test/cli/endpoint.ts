import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { anIngest } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

export type Asked = { method: string; path: string; headers: Record<string, string>; body: string }
type Answer = { status: number; text: string; headers?: Record<string, string> }

/** An HTTP server that answers so, for the time of a test; `asked` are the requests that reached it. */
export async function anEndpoint(answer: (asked: Asked) => Answer | Promise<Answer>) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '' } = request
      const headers = request.headers as Record<string, string>
      const one = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') }
      asked.push(one)
      void Promise.resolve(answer(one)).then(({ status, text, headers: own = {} }) => {
        response.writeHead(status, own).end(text)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}

/** The ingest function behind such a server. Its source `server` has the write key `key`. */
export async function anIngestEndpoint(source: object = { mayErase: true }) {
  const ingest = anIngest({
    settings: settingsOf({
      sources: [{ name: 'server', ...source }],
      destinations: [aDestination({ userSchema: ['EMAIL', 'PHONE', 'EXTERN_ID', 'MADID'], adAccountId: '42' })],
    }),
  })
  const endpoint = await anEndpoint(async ({ method, path, headers, body }) => {
    const { pathname, searchParams } = new URL(path, 'http://localhost')
    const query = Object.fromEntries(searchParams)
    const request = { method, path: pathname, headers, query, ...(body !== '' && { body }) }
    const { status, text } = await ingest.send(request)
    return { status, text }
  })
  return { ...endpoint, ingest }
}
