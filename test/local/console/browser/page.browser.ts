import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundlePage } from '../../../../lib/local/console/page-bundle.ts'
import { startChromium } from '../../../clients/browser/chromium.ts'
import { AUDIENCE, SCENES, aCall } from '../page/scenes.ts'
import type { Scene } from '../page/scenes.ts'
import { startFakeStack } from './fake-stack.ts'
import type { FakeStack } from './fake-stack.ts'
import { openPage, violations } from './open-page.ts'
import type { Look } from './open-page.ts'

let browser: Browser
let stack: FakeStack
beforeAll(async () => {
  browser = await startChromium()
  stack = await startFakeStack(await bundlePage())
})
afterAll(async () => {
  await browser.close()
  await stack.close()
})

const open = (scene: Scene, hash = '', look: Look = {}) => {
  stack.show(scene)
  stack.asked.length = 0
  return openPage(browser, `${stack.url}/console${hash}`, look)
}
const focused = 'document.activeElement?.textContent ?? ""'

const VIEWS: [Scene, string][] = [
  ['empty', '#/calls'],
  ['empty', '#/waiting'],
  ['empty', '#/dead-letters'],
  ['empty', `#/audiences/${AUDIENCE}`],
  ['busy', '#/calls/10'],
  ['busy', '#/audiences'],
  ['busy', '#/editor'],
  ['busy', '#/settings'],
  ['waiting', '#/calls/3'],
  ['waiting', '#/waiting'],
  ['waiting', '#/faults'],
  ['failing', '#/calls/7'],
  ['failing', '#/dead-letters'],
  ['large', `#/audiences/${AUDIENCE}?from=99900`],
  ['no-emulator', `#/audiences/${AUDIENCE}`],
  ['no-emulator', '#/faults'],
]

test.each(VIEWS)('the %s stack at %s has no barrier, light or dark, and fits into 360 pixels', async (scene, hash) => {
  const page = await open(scene, hash)
  await page.waitForTimeout(700)
  expect(await violations(page)).toEqual([])
  // The schemes differ in their colours alone.
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.waitForTimeout(300)
  expect(await violations(page, ['color-contrast', 'link-in-text-block'])).toEqual([])
  await page.setViewportSize({ width: 360, height: 900 })
  await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(360)
})

test('the windows of keys and of clearing have no barrier', async () => {
  const page = await open('busy')
  await page.keyboard.press('?')
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Clear …' }).click()
  expect(await violations(page)).toEqual([])
  await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click()
  await page.getByText('Cleared.').waitFor()
  expect(stack.asked).toEqual(['POST /_local/console/clear {}'])
})

test('the keyboard leads through all of it', async () => {
  const page = await open('busy')
  await page.keyboard.press('Tab')
  expect(await page.evaluate(focused)).toBe('Skip to the list')
  await page.keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('main')

  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  expect(await page.evaluate('location.hash')).toBe('#/calls/59')
  await expect.poll(() => page.evaluate(focused)).toBe('USER_ADD')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('call-title')
  await page.keyboard.press('Escape')
  expect(await page.evaluate('location.hash')).toBe('#/calls')
  expect(await page.evaluate(focused)).toBe('USER_ADD')

  await page.keyboard.press('/')
  await page.keyboard.type('jk?')
  expect(await page.getByRole('searchbox').inputValue()).toBe('jk?')
  await page.getByText('No call is like that').waitFor()
  await page.keyboard.press('Escape')

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

test('h and l turn the pages of 100,000 members, of which one page is there', async () => {
  const page = await open('large', `#/audiences/${AUDIENCE}`)
  await page.getByText('1 to 100 of 100,000').waitFor()
  await page.keyboard.press('l')
  await page.getByText('101 to 200 of 100,000').waitFor()
  await page.keyboard.press('h')
  await page.getByText('1 to 100 of 100,000').waitFor()
  expect(await page.locator('.members tbody tr').count()).toBe(100)
})

test('rows do not move under the pointer: new ones wait until one asks for them', async () => {
  const page = await open('busy')
  const first = page.locator('.calls tbody tr').first()
  await first.hover()
  const before = await first.textContent()
  stack.tell({ calls: [aCall(61), aCall(62)] })
  await page.getByRole('button', { name: '2 new: show' }).waitFor()
  expect(await first.textContent()).toBe(before)
  await page.getByRole('button', { name: '2 new: show' }).click()
  await page.mouse.move(5, 5)
  await expect.poll(() => page.evaluate(`document.querySelector('.calls tbody a').hash`)).toBe('#/calls/62')
})

test('a page without the stack says so and as of when its data are, and comes back by itself', async () => {
  const bundle = await bundlePage()
  const first = await startFakeStack(bundle)
  const page = await openPage(browser, `${first.url}/console`)
  await first.close()
  await page.getByText(/reconnecting, data as of \d\d:\d\d:\d\d/).waitFor()
  const second = await startFakeStack(bundle, Number(new URL(first.url).port))
  second.show('failing')
  await page.getByText('live', { exact: true }).waitFor()
  await page.getByRole('link', { name: /^Dead letters failed 2/ }).waitFor()
  await second.close()
})

test('what was let go is on its way, and the picture does not say that it waits', async () => {
  const page = await open('released')
  const node = await page.getByRole('link', { name: /^Retry queue/ }).textContent()
  expect(node).toMatch(/on its way.*1 message/)
  expect(node).not.toContain('wait')
})

test('what a button led to stands beside it for some seconds', async () => {
  const page = await open('empty')
  await page.clock.install()
  await page.locator('.actions').getByRole('button', { name: 'Send the sample' }).click()
  const said = page.getByText('Sent one person; ingest answered 200.')
  await said.waitFor()
  await page.clock.runFor(60_000)
  await said.waitFor({ state: 'detached' })
})

test('a screen reader hears of new calls in one sentence, and of none when the page opens', async () => {
  const page = await open('busy')
  const polite = page.locator('[aria-live=polite]')
  expect(await polite.textContent()).toBe('')
  for (const id of [61, 62, 63]) stack.tell({ calls: [aCall(id)] })
  await expect.poll(() => polite.textContent(), { timeout: 20_000 }).toBe('3 new calls.')
})

test('nothing moves for those who asked for less motion', async () => {
  const page = await open('busy', '', { reducedMotion: 'reduce' })
  stack.tell({ pipeline: { ...SCENES.busy.pipeline, requests: { total: 12_500, lastMinute: 350, refused: 3 } } })
  await page.getByText('12,500').waitFor()
  const dot = page.locator('.flow i').first()
  expect(await dot.count()).toBe(1)
  expect(await dot.isVisible()).toBe(false)
})

test('the chosen scheme is there before the first paint, and the system’s own is followed', async () => {
  const page = await open('empty', '', { scheme: 'light' })
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await ground()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await ground()
  expect(dark).not.toBe(light)
  await page.getByText('Light', { exact: true }).click()
  expect(await ground()).toBe(light)
  // Without its script, the page has nothing but what the head set.
  await page.route('**/page.js', (route) => route.abort())
  await page.reload()
  expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('light')
  expect(await ground()).toBe(light)
})

test('a wrong event is explained while one types: no JSON at its line, a mistake at its own', async () => {
  const page = await open('busy', '#/editor')
  const field = page.getByLabel('The event, as JSON')
  const mistakes = page.getByRole('list', { name: 'Mistakes' })
  await field.fill('{\n  "event": "USER_ADD",\n  "properties": {')
  await mistakes.getByText('no JSON').waitFor()
  expect(await mistakes.getByRole('button').textContent()).toBe('Line 3')
  await field.fill('{\n  "event": "user_add",\n  "properties": {}\n}')
  await mistakes.getByText('event_unmapped').waitFor()
  await mistakes.getByRole('button', { name: 'Line 2' }).first().click()
  expect(await page.evaluate('getSelection().toString()')).toBe('  "event": "user_add",')
  // What was typed is nowhere but in the page.
  expect(await page.evaluate('location.href + JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain(
    'user_add',
  )
})

test('10,000 calls later the page is as small as before', async () => {
  const page = await open('empty')
  const session = await page.context().newCDPSession(page)
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage')
    return (await session.send('Runtime.getHeapUsage')).usedSize
  }
  const tellUntil = async (last: number, from: number) => {
    for (let id = from; id <= last; id += 40) {
      const calls = Array.from({ length: 40 }, (_, index) => aCall(id + index))
      stack.tell({ calls })
      stack.tell({ pipeline: { ...SCENES.busy.pipeline, requests: { total: id + 39, lastMinute: 40, refused: 0 } } })
      await page.waitForTimeout(10)
    }
    await page.getByText(last.toLocaleString('en'), { exact: true }).waitFor()
  }
  await tellUntil(2_000, 1)
  const early = await heap()
  await tellUntil(10_000, 2_001)
  const late = await heap()
  expect(await page.locator('.calls tbody tr').count()).toBeLessThan(40)
  expect(await page.getByRole('link', { name: 'Calls 500' }).count()).toBe(1)
  expect(late - early).toBeLessThan(1_000_000)
})
