import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { buildSync } from 'esbuild'
import type { BuildOptions } from 'esbuild'
import { bundledJson } from '../lib/config/bundled-destinations.ts'
import type { Destinations } from '../lib/config/destinations-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What was bundled already, for an app with several stacks, and the code of each function, which is the same in all. */
const directories = new Map<string, string>()
const codes = new Map<string, Uint8Array>()
const made: string[] = []

// Synthesis copies the bundles. Nobody needs them after that.
function removeAll(): void {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
}

/** Files that a function loads when it first needs them, so that a cold start neither reads nor compiles them. */
function loadedLater(name: string): readonly string[] {
  return name === 'ingest' ? ['erasing'] : []
}

/**
 * How a function becomes one file. It is CommonJS, because an ES module of the same code starts no faster (`npm run
 * bench -- start-up`), and one that imports node:http starts some 20 ms slower on Node 24. The AWS SDK is inside,
 * because loading it from the runtime's disk is slower still.
 */
export function bundleOptions(name: string, file = 'index'): BuildOptions {
  return {
    absWorkingDir: root,
    entryPoints: [`functions/${name}/${file}.ts`],
    external: loadedLater(name).map((later) => `./${later}.js`),
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': './lib/aws/lambda-credentials.ts' },
    legalComments: 'none',
    logLevel: 'error',
  }
}

/**
 * Bundles functions/<name>/index.ts into a directory, with the destinations as a file beside the code. So code and
 * settings are deployed together or not at all.
 */
export function bundle(name: string, destinations: Destinations): Code {
  const settings = bundledJson(destinations)
  const known = directories.get(`${name} ${settings}`)
  if (known !== undefined) return Code.fromAsset(known)
  const directory = mkdtempSync(join(tmpdir(), `facebook-audience-sync-${name}-`))
  if (made.push(directory) === 1) process.on('exit', removeAll)
  for (const file of ['index', ...loadedLater(name)]) writeFileSync(join(directory, `${file}.js`), codeOf(name, file))
  writeFileSync(join(directory, 'destinations.json'), settings)
  directories.set(`${name} ${settings}`, directory)
  return Code.fromAsset(directory)
}

function codeOf(name: string, file: string): Uint8Array {
  const known = codes.get(`${name}/${file}`)
  if (known) return known
  const [made] = buildSync({ ...bundleOptions(name, file), write: false }).outputFiles
  if (!made) throw new Error(`esbuild made nothing of ${name}/${file}`)
  codes.set(`${name}/${file}`, made.contents)
  return made.contents
}
