import type { Page } from 'playwright-core'
import { bundlePage } from '../../lib/local/console/page-bundle.ts'
import { chromiumPath, startChromium } from '../clients/browser/chromium.ts'
import { startFakeStack } from '../local/console/browser/fake-stack.ts'
import { SCENES, aCall } from '../local/console/page/scenes.ts'
import type { Benchmark, Measurement } from './benchmark.ts'

const CALLS = 10_000
/** As many as one message of the stream has, and twice as often as it has them. */
const AT_ONCE = 500
const EVERY_MS = 250

/** A page whose frames take longer than this feels stuck, on any machine. */
const MOST_MS = 500

/** Frames of the console's page while nothing comes, and while 10,000 calls do. Skipped without a Chromium. */
const benchmark: Benchmark = {
  name: 'page',
  run: async () => {
    if (chromiumPath() === undefined) {
      console.error('page: SKIPPED, because there is no Chromium. Install one, or name it in CHROMIUM_PATH.')
      return []
    }
    const bundle = await bundlePage()
    const stack = await startFakeStack(bundle)
    const browser = await startChromium()
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      await page.goto(`${stack.url}/console`)
      await page.getByText('live', { exact: true }).waitFor()
      const idle = await framesDuring(page, () => page.waitForTimeout(2_000))
      const fed = await framesDuring(page, async () => {
        for (let id = 1; id <= CALLS; id += AT_ONCE) {
          stack.tell({ calls: Array.from({ length: AT_ONCE }, (_, index) => aCall(id + index)) })
          const requests = { total: id + AT_ONCE - 1, lastMinute: AT_ONCE, refused: 0 }
          stack.tell({ pipeline: { ...SCENES.busy.pipeline, requests } })
          await page.waitForTimeout(EVERY_MS)
        }
        await page.getByText(CALLS.toLocaleString('en'), { exact: true }).waitFor()
      })
      const slow = quantile(fed, 0.95)
      if (slow > MOST_MS) throw new Error(`one frame in 20 takes ${Math.round(slow)} ms, and at most ${MOST_MS} may`)
      return [
        ...figures('frames without news', idle),
        ...figures('frames while 10,000 calls come', fed),
        { name: 'size of the page', value: bundle.bytes / 1000, unit: 'kB' },
      ]
    } finally {
      await browser.close()
      await stack.close()
    }
  },
}
export default benchmark

/** How long each frame took meanwhile, in ms. */
async function framesDuring(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(`
    globalThis.run = { frames: [], isOver: false }
    {
      const { run } = globalThis
      let last = performance.now()
      const frame = (now) => {
        run.frames.push(now - last)
        last = now
        if (!run.isOver) requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
    }
  `)
  await act()
  return page.evaluate('run.isOver = true, run.frames')
}

function figures(name: string, frames: readonly number[]): Measurement[] {
  return [
    { name, value: quantile(frames, 0.5), unit: 'ms median' },
    { name, value: quantile(frames, 0.95), unit: 'ms, one in 20' },
    { name, value: Math.max(...frames), unit: 'ms longest' },
  ]
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? NaN
}
