import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core adds to a page. */
declare const axe: { run: (options: RunOptions) => Promise<AxeResults> }

export type Look = { width?: number; height?: number; scheme?: 'light' | 'dark'; reducedMotion?: 'reduce' }

/** Opens the console, and fails the test for any error of the page. */
export async function openPage(browser: Browser, address: string, look: Look = {}): Promise<Page> {
  const { width = 1280, height = 900, scheme = 'light', reducedMotion } = look
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    ...(reducedMotion && { reducedMotion }),
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const errors: string[] = []
  onTestFinished(async () => {
    await context.close()
    if (errors.length > 0) throw new Error(`The page has errors: ${errors.join('; ')}`)
  })
  const page = await context.newPage()
  page.on('pageerror', ({ message }) => errors.push(message))
  page.on('console', (message) => {
    // A refused policy is an error here; a stack that does not answer is not.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) errors.push(message.text())
  })
  await page.goto(address)
  await page.getByText('live', { exact: true }).waitFor()
  return page
}

/** What axe finds by all of its rules, or by these: the rule, and the elements. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(AXE)
  const options: RunOptions = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) }
  const found = await page.evaluate(async (wanted) => (await axe.run(wanted)).violations, options)
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`)
}
