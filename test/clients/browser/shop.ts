import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { listenOnLoopback } from '../../../lib/emulator/loopback-server.ts'
import { startService } from '../service.ts'
import type { Service } from '../service.ts'
import { startChromium } from './chromium.ts'

export type Shop = {
  service: Service
  /** A new visitor's page, for a test, on another origin than the service, with the SDK as the global `sdk`. */
  visit: (options?: { host?: string }) => Promise<Page>
  close: () => Promise<void>
}

/** A shop whose pages use the SDK that this module exports, and the service that they send to. */
export async function openShop(sdk: string): Promise<Shop> {
  const browser = await startChromium()
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${sdk}'`, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'sdk',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  })
  const script = outputFiles[0]?.text ?? ''
  const site = await listenOnLoopback(0, (request, response) => {
    const isScript = request.url === '/sdk.js'
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8')
    response.end(isScript ? script : '<!doctype html><title>Shop</title><script src="/sdk.js"></script>')
  })
  const service = await startService([`http://127.0.0.1:${site.port}`])
  return {
    service,
    async visit({ host = '127.0.0.1' } = {}) {
      const context = await browser.newContext()
      onTestFinished(() => context.close())
      const page = await context.newPage()
      await page.goto(`http://${host}:${site.port}/`)
      return page
    },
    async close() {
      await browser.close()
      await service.close()
      await site.close()
    },
  }
}
