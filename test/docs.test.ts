import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { explain } from '../lib/cli/explain/explain.ts'
import { parseDestinations } from '../lib/config/destinations.ts'
import { destinationSchema } from '../lib/config/destinations-schema.ts'
import type { Destinations, Source } from '../lib/config/destinations-schema.ts'
import { cli } from './cli/typed.ts'
import { membersAfter } from './support/members-after.ts'
import type { Members } from './support/members-after.ts'
import { allPages, anchorsOf, readPage } from './support/pages.ts'
import type { Page } from './support/pages.ts'
import { AUDIENCE, settingsOf } from './support/settings.ts'

const pages = allPages()
const guides = pages.filter(({ path }) => path.startsWith('cdk/guides/'))

describe('links', () => {
  test.each(pages.map((page) => [page.path, page] as const))('every link of %s leads somewhere', (_, page) => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(link, page))).toEqual([])
  })

  test('every guide can be found from the first page', () => {
    const linked = new Set(linksOf(readPage('README.md')).map((link) => link.split('#')[0]))
    expect(guides.map(({ path }) => path).filter((path) => !linked.has(path))).toEqual([])
  })
})

/** Addresses of other pages: those in the text, those of `[name]: address`, and those of pictures. */
function linksOf({ prose }: Page): string[] {
  const text = prose.replace(/`[^`\n]*`/g, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$|\bsrc(?:set)?="([^"]+)"/gm)]
    .map(([, inText = '', named = '', ofPicture = '']) => inText || named || ofPicture)
    .filter((link) => !/^https?:/.test(link))
}

function leadsSomewhere(link: string, page: Page): boolean {
  const [file = '', anchor] = link.split('#')
  const path = file === '' ? page.path : join(dirname(page.path), file)
  return existsSync(path) && (anchor === undefined || anchorsOf(readPage(path)).includes(anchor))
}

describe('commands', () => {
  const scripts = Object.keys((JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }).scripts)

  test.each(pages.map((page) => [page.path, page] as const))('every npm script that %s names exists', (_, page) => {
    const named = codeOf(page).flatMap((code) => [...code.matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)])
    const missing = named.map(([, run, short]) => run ?? short ?? '').filter((name) => !scripts.includes(name))
    expect(missing).toEqual([])
  })

  test('every command and every option that a page tells to type exists', async () => {
    const typed = pages.flatMap((page) =>
      codeOf(page)
        .flatMap(commandsIn)
        .map((words) => ({ path: page.path, words })),
    )
    expect(typed.length).toBeGreaterThan(40)
    const wrong: unknown[] = []
    for (const { path, words } of typed) {
      const unknown = await unknownWords(words)
      if (unknown.length > 0) wrong.push({ path, typed: words.join(' '), unknown })
    }
    expect(wrong).toEqual([])
  })
})

/** What is meant to be typed or read as code: fenced blocks, and code within the text. */
function codeOf({ prose, fences }: Page): string[] {
  return [...fences.map(({ text }) => text), ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)]
}

/** The words behind `npm run -s cli --`, one list for each line. */
function commandsIn(code: string): string[][] {
  return [...code.replaceAll('\\\n', ' ').matchAll(/npm run -s cli -- ([^\n]*)/g)]
    .map(([, line = '']) => line.replace(/ +(?:#|<|>|\|).*$/, ''))
    .map((line) => line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [])
    .filter(([first = '…']) => first !== '…' && first !== '--help')
}

/** Words that the help of this command does not know. */
async function unknownWords(words: readonly string[]): Promise<string[]> {
  const [command = '', sub = ''] = words.filter((word) => !word.startsWith('-'))
  let help = (await cli([command, '--help'])).stdout
  if (/^Usage: .*\[command\]$/m.test(help)) help = (await cli([command, sub, '--help'])).stdout
  if (help === '' || /^Usage: .*\[command\]$/m.test(help)) return [command, sub]
  const options = words.filter((word) => /^--\w/.test(word)).map((word) => word.split('=')[0] ?? '')
  return options.filter((option) => !new RegExp(`^ +(?:-\\w, )?${option}(?: |$)`, 'm').test(help))
}

describe('settings', () => {
  const blocks = pages.flatMap(({ path, fences }) =>
    fences.filter(({ language }) => language === 'json').map(({ text }) => [path, text] as const),
  )

  test('every block of JSON is JSON', () => {
    const broken = blocks.filter(([, text]) => parsedOrNothing(text) === undefined)
    expect(broken).toEqual([])
  })

  const settings = blocks.flatMap(([path, text]) => {
    const file = settingsIn(parsedOrNothing(text))
    return file ? [[path, text.slice(0, 60).replaceAll(/\s+/g, ' '), file] as const] : []
  })

  test.each(settings)('the settings in %s can be used: %s', (_, _beginning, file) => {
    expect(parseDestinations(file)).toMatchObject({ ok: true, warnings: [] })
  })
})

function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A whole file of settings, or one around some settings of a destination. */
function settingsIn(block: unknown): object | undefined {
  if (typeof block !== 'object' || block === null || Array.isArray(block)) return undefined
  if ('destinations' in block) return block
  const keys = Object.keys(block)
  if ('type' in block || !keys.every((key) => Object.hasOwn(destinationSchema.entries, key))) return undefined
  const columns = 'userFields' in block ? Object.keys(block.userFields as object) : []
  const userSchema = [...new Set(['EMAIL', 'PHONE', ...columns])]
  const events = { 'Order Completed': { audiences: AUDIENCE, action: 'add' } }
  const destination = { name: 'main', userSchema, events, ...block }
  return { sources: [{ name: 'server' }], destinations: [destination] }
}

describe('guides', () => {
  test.each(guides.map((page) => [page.path, page] as const))('the calls of %s lead to what it shows', (_, page) => {
    const said = conversation(page)
    expect(said.map(({ printed }) => printed)).toEqual(said.map(({ expected }) => expected))
  })

  test('most how-tos show a call and what becomes of it', () => {
    expect(guides.filter((page) => conversation(page).length > 1).length).toBeGreaterThanOrEqual(4)
  })
})

/** Each block that shows what a call printed, and what it prints by `explain` with the page's settings, else the repository's. */
function conversation({ fences }: Page): { printed: unknown; expected: unknown }[] {
  let settings = settingsOf()
  let members: Members = new Map()
  let last: unknown
  return fences.flatMap(({ language, text }) => {
    const file = language === 'json' ? settingsIn(parsedOrNothing(text)) : undefined
    const parsed = file && parseDestinations(file)
    if (parsed?.ok) settings = parsed.destinations
    if (language === 'sh')
      for (const [, key = '', body = '', audience] of text.matchAll(CALL)) {
        if (audience !== undefined) {
          last = { members: members.get(audience) ?? [] }
          continue
        }
        const explanation = explain(JSON.parse(body), settings, Date.now, sourceOf(key, settings))
        members = membersAfter(members, explanation.requests)
        const codes = [...explanation.rejected, ...explanation.ignored, ...explanation.warnings].map(({ code }) => code)
        last = { success: true, accepted: explanation.error ? 0 : 1, codes }
      }
    const printed = language === '' || language === 'json' ? parsedOrNothing(text) : undefined
    if (last === undefined || typeof printed !== 'object' || printed === null || file) return []
    const expected = last
    last = undefined
    return [{ printed: 'success' in printed ? withCodes(printed) : printed, expected }]
  })
}

const CALL =
  /curl [^\n]*-u local-write-key(?:-([\w-]+))?: http:\/\/127\.0\.0\.1:3000\/v1\/\w+ -d '([^']*)'|curl [^\n]*\/_emulator\/audiences\/(\w+)\/members/g

function sourceOf(name: string, { sources }: Destinations): Source | undefined {
  return sources.find((source) => (name === '' ? !source.allowedOrigins : source.name === name))
}

function withCodes(answer: object) {
  const { success, accepted, rejected, ignored, warnings } = answer as Partial<
    Record<'success' | 'accepted', unknown> & Record<'rejected' | 'ignored' | 'warnings', { code: string }[]>
  >
  return {
    success,
    accepted,
    codes: [rejected, ignored, warnings].flatMap((list) => list ?? []).map(({ code }) => code),
  }
}
