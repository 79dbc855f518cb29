import { createServer } from 'node:http'
import type { RequestListener, Server, ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'

type LoopbackServer = { server: Server; port: number; close: () => Promise<void> }

/**
 * An HTTP server on 127.0.0.1; port 0 means any free one.
 * Rejects with the system's error when the port is in use. close() cuts the connections that are still open.
 */
export async function listenOnLoopback(
  port: number,
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<LoopbackServer> {
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0, ...options }, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
