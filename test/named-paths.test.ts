import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPage } from './support/pages.ts'
import type { Page } from './support/pages.ts'

const FOLDERS = new Set([
  'cdk',
  'functions',
  'lib',
  'test',
  ...globSync('lib/*/').map((path) => path.slice('lib/'.length)),
])

/** Files and folders in code, such as `lib/log.ts`, `session/` or `functions/<name>/index.ts`. */
function namedPaths({ prose }: Page): string[] {
  const words = [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.split(' '))
  return words
    .filter((word) => /^[\w./<>-]+$/.test(word))
    .filter((word) => {
      const [folder = '', ...rest] = word.split('/')
      return rest.length > 0 ? FOLDERS.has(folder) : word.endsWith('.ts')
    })
}

/** A path starts at the root, at the page's folder, or is a file's name alone. A test may be named without its ending. */
function exists(path: string, folder: string): boolean {
  const pattern = path.replace(/<\w+>/g, '*')
  return (
    [pattern, join(folder, pattern), `${pattern}.test.ts`].some(
      (each) => existsSync(each) || globSync(each).length > 0,
    ) ||
    (!path.includes('/') && globSync(`{cdk,functions,lib,test}/**/${path}`).length > 0)
  )
}

test.each([
  ['README.md', '.', 1],
  ['CONTRIBUTING.md', '.', 20],
  ['lib/README.md', 'lib', 30],
  ['cdk/README.md', 'cdk', 5],
])('every file and folder that %s names exists', (page, folder, least) => {
  const paths = namedPaths(readPage(page))
  expect(paths.length).toBeGreaterThanOrEqual(least)
  expect(paths.filter((path) => !exists(path, folder))).toEqual([])
})
