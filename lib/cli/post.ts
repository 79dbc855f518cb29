import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** A POST with these bytes as its body. Rejects without an answer in time, or when the connection fails. */
export type Post = (
  url: string,
  request: { headers: Readonly<Record<string, string>>; body: Buffer; patienceMs: number },
) => Promise<{ status: number; headers: Readonly<Record<string, string | undefined>>; text: string }>

/** Posts over connections that stay open. fetch copies each body once more, and its copies are collected late. */
export function createPost(): Post {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
  return (url, { headers, body, patienceMs }) =>
    new Promise((resolve, reject) => {
      const isHttps = url.startsWith('https:')
      const options = {
        method: 'POST',
        headers: { ...headers, 'content-length': String(body.length) },
        agent: isHttps ? agents.https : agents.http,
      }
      const request = (isHttps ? httpsRequest : httpRequest)(url, options, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.once('error', fail)
        response.once('end', () => {
          clearTimeout(timer)
          const named = Object.entries(response.headers).map(([name, value]) => [name, value?.toString()] as const)
          resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(named), text })
        })
      })
      const timer = setTimeout(
        () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
        patienceMs,
      )
      const fail = (error: Error) => {
        clearTimeout(timer)
        reject(error)
      }
      request.once('error', fail)
      request.end(body)
    })
}
