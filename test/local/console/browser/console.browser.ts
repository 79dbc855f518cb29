import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { LocalStack } from '../../../../lib/local/stack.ts'
import { startChromium } from '../../../clients/browser/chromium.ts'
import { AUDIENCE, aDestination } from '../../../support/settings.ts'
import { startTemporaryStack } from '../../../support/temporary-stack.ts'
import { openPage, violations } from './open-page.ts'

// The page and the whole local stack, used as a person does: nothing here asks the stack itself.
let browser: Browser
let stack: LocalStack
beforeAll(async () => {
  browser = await startChromium()
  stack = await startTemporaryStack(
    { sources: [{ name: 'server' }], destinations: [aDestination()] },
    { batchWindow: 0 },
  )
})
afterAll(async () => {
  await browser.close()
  await stack.close()
})

// On a busy machine the register may be out of reach, and then everybody waits for a minute.
const SLOW = { timeout: 150_000 }
vi.setConfig({ testTimeout: 600_000 })
const open = (hash = '') => openPage(browser, `${stack.url}/console${hash}`)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const node = (page: Page, name: RegExp) =>
  page.getByRole('navigation', { name: 'Pipeline' }).getByRole('link', { name })

const sendSample = (page: Page) => page.locator('.actions').getByRole('button', { name: 'Send the sample' }).click()
const inject = async (page: Page, fault: string) => {
  await page.getByRole('link', { name: /^Faults/ }).click()
  await button(page, `Inject ${fault}`).click()
  await page.getByText(`${fault}: the next request fails so.`).waitFor()
}
const newestCall = async (page: Page, state: string) => {
  await page.goto(`${stack.url}/console#/calls/latest`)
  await page.locator('section.detail .path').getByText(state, { exact: true }).waitFor(SLOW)
  return page.locator('section.detail')
}

test('the sample is sent, its call is followed to the request, and its person is a member', async () => {
  const page = await open()
  await sendSample(page)
  await page.getByText('Sent one person; ingest answered 200.').waitFor()
  const detail = await newestCall(page, 'sent')
  expect(await detail.textContent()).toMatch(/In a request with 1 person, .*answered 200/)
  expect(await violations(page)).toEqual([])
  await node(page, /Audience .* in step 1 member/).click(SLOW)
  await page.getByText('1 to 1 of 1').waitFor(SLOW)
  const hash = await page.locator('.members td code').first().getAttribute('title')
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(await violations(page)).toEqual([])
})

test('a dead letter tells its reason and what to do, and a redrive sends it', async () => {
  const page = await open()
  await inject(page, 'data-source-conflict')
  await sendSample(page)
  await node(page, /Dead letters failed 1 graph_2650/).click(SLOW)
  await page.getByText('1 person for main').waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: /^Redrive message/ }).click()
  await page.getByText('There are no dead letters').waitFor(SLOW)
  await newestCall(page, 'sent')
})

test('a wrong event is explained as ingest would judge it, sent as it is, and stands in the list with its mistake', async () => {
  const page = await open('#/editor')
  const field = page.getByLabel('The event, as JSON')
  await field.fill('{\n  "event": "USER_AD",\n  "properties": { "userListAdd": [{ "EMAIL": "ann@example.com" }] }\n}')
  const mistakes = page.getByRole('list', { name: 'Mistakes' })
  await mistakes.getByText('event_unmapped').waitFor()
  expect(await mistakes.textContent()).toContain('Mapped are: USER_ADD.')
  await button(page, 'Send it').click()
  await button(page, 'Follow it').click()
  const detail = page.locator('section.detail')
  await detail.getByText('event_unmapped').waitFor(SLOW)
  expect(await detail.textContent()).not.toContain('ann@example.com')

  await page.goto(`${stack.url}/console#/editor`)
  await page.getByLabel('The event, as JSON').fill('{\n  "event": "USER_ADD",\n  "properties": [}\n}')
  await mistakes.getByText('no JSON').waitFor()
  expect(await mistakes.getByRole('button').textContent()).toBe('Line 3')
})

test('a thousand people are sent by one button, and clearing takes all away', async () => {
  const page = await open(`#/audiences/${AUDIENCE}`)
  await button(page, 'Send 1,000 people').click()
  await page.getByText(/1 to 100 of 1,0\d\d/).waitFor(SLOW)
  await button(page, 'Clear …').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Clear', exact: true }).click()
  await page.getByText('It has no members yet').waitFor(SLOW)
})

// The last one, because the emulator's limit stays reached for a while.
test('an injected fault is seen as a wait, with its reason and its end, and then as the recovery', async () => {
  const page = await open()
  await inject(page, 'rate-limit-80003')
  await sendSample(page)
  await node(page, /Audience .* waiting .*1 person: graph_80003_2446079 until/).waitFor(SLOW)
  await node(page, /Retry queue waiting 1/).click()
  const row = page.locator('.letters li')
  expect(await row.textContent()).toMatch(/1 person until \d\d:\d\d:\d\d, in .*graph_80003_2446079/)
  expect(await violations(page)).toEqual([])
  await button(page, 'Let it go now').click()
  await page.getByText('Nobody waits', { exact: true }).waitFor(SLOW)
  const detail = await newestCall(page, 'sent')
  expect(await detail.textContent()).toContain('answered 200')
})
