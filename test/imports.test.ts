import { describe, expect, test } from 'vitest'
import { sourceFiles } from './support/source-files.ts'
import type { SourceFile } from './support/source-files.ts'

/** The order of the stages. A file imports from its own line and from lines above it. The longest match counts. */
const STAGES = [
  'lib/config',
  'lib/session',
  'lib/track',
  'lib/audience',
  'lib/erasure',
  'lib/register',
  'lib/graph-api',
  'lib/retry',
  'lib/aws',
  'lib/log.ts',
  'lib/metrics.ts',
  'functions',
  'cdk',
  'lib/cli',
  'lib/emulator',
  'lib/emulator/aws',
  'lib/emulator/lambda',
  'lib/emulator/gateway',
  'lib/emulator/meta',
  'lib/local',
]

/** Imports that the order allows but that are still forbidden: who, whom, why. */
const NEVER = [
  ['lib', 'functions', 'functions are named to AWS by their path, and to the local stack by the template'],
  ['cdk', 'functions', 'the stack bundles functions by their path'],
  ['functions/ingest', 'functions/consumer', 'functions share what is in lib'],
  ['functions/consumer', 'functions/ingest', 'functions share what is in lib'],
] as const

/** Files that nothing imports by name: AWS, npm, Node or the bundler starts them. */
const ENTRIES = [
  ...['functions/ingest/index.ts', 'functions/consumer/index.ts', 'functions/health/index.ts'],
  // Bundled on its own, and loaded when somebody is erased.
  'functions/ingest/erasing.ts',
  'lib/aws/lambda-credentials.ts',
]

const files = ['lib', 'functions', 'cdk'].flatMap(sourceFiles)
const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`)
const stageOf = (path: string) =>
  STAGES.reduce((best, stage, index) => {
    const length = best < 0 ? 0 : (STAGES[best]?.length ?? 0)
    return isIn(path, stage) && stage.length > length ? index : best
  }, -1)
const arrows = (allowed: (file: SourceFile, target: string) => boolean) =>
  files.flatMap((file) =>
    file.imports.filter(({ path }) => !allowed(file, path)).map(({ path }) => `${file.path} → ${path}`),
  )

describe('imports', () => {
  test('every file has its stage', () => {
    expect(files.map(({ path }) => path).filter((path) => stageOf(path) < 0)).toEqual([])
    expect(STAGES.filter((stage) => !files.some(({ path }) => isIn(path, stage)))).toEqual([])
  })

  test('a file imports from no later stage', () => {
    expect(arrows(({ path }, target) => stageOf(target) <= stageOf(path))).toEqual([])
  })

  test.each(NEVER)('%s never imports %s: %s', (who, whom) => {
    expect(arrows(({ path }, target) => !(isIn(path, who) && isIn(target, whom)))).toEqual([])
  })

  test('the emulators import nothing of ours, so that they agree with Meta and AWS, and not with us', () => {
    expect(arrows(({ path }, target) => !isIn(path, 'lib/emulator') || isIn(target, 'lib/emulator'))).toEqual([])
  })

  test('no file reaches itself through what it imports', () => {
    const importsOf = new Map(files.map(({ path, imports }) => [path, imports.map((each) => each.path)]))
    const reached = (from: string) => {
      const seen = new Set<string>()
      const visit = (path: string) => {
        for (const next of importsOf.get(path) ?? []) if (!seen.has(next)) visit((seen.add(next), next))
      }
      visit(from)
      return seen
    }
    expect(files.map(({ path }) => path).filter((path) => reached(path).has(path))).toEqual([])
  })

  test('nothing is imported from an entry file', () => {
    expect(arrows((_, target) => !ENTRIES.includes(target))).toEqual([])
  })
})

test('no file only passes on what others export', () => {
  expect(
    files.filter(({ text }) => /^export (?:type )?(?:\*|\{[^}]*\}) from/m.test(text)).map(({ path }) => path),
  ).toEqual([])
})

test('files are named after what they make, not after a kind of code', () => {
  const kinds = /(?:^|\/)(?:utils?|helpers?|common|types|misc|constants|manager|service)(?:\.ts|\/)/
  expect(files.map(({ path }) => path).filter((path) => kinds.test(path))).toEqual([])
})

test('no export lives for its tests alone: another file imports it, or its own file uses it', () => {
  const imported = new Set(
    files.flatMap(({ imports }) => imports.flatMap(({ path, names }) => names.map((name) => `${path} ${name}`))),
  )
  const dead = files
    .filter(({ path }) => !ENTRIES.includes(path))
    .flatMap(({ path, text, exports }) =>
      exports
        .filter(
          (name) => !imported.has(`${path} ${name}`) && [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length < 2,
        )
        .map((name) => `${path} ${name}`),
    )
  expect(dead).toEqual([])
})
