import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** The console's page: the texts that a browser asks for, and what it may do. */
export type PageBundle = {
  html: string
  script: string
  style: string
  /** The header that goes with `html`. Its inline script is named by its hash, so that no other one runs. */
  contentSecurityPolicy: string
  /** How large all three are. */
  bytes: number
}

const FOLDER = join(import.meta.dirname, 'page')

/** Bundles the page. It takes a fraction of a second, and needs no network. */
export async function bundlePage(): Promise<PageBundle> {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, 'main.tsx'), join(FOLDER, 'page.css')],
    outdir: FOLDER,
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'error',
  })
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
  const [html, script, style] = [await readFile(join(FOLDER, 'index.html'), 'utf8'), textOf('.js'), textOf('.css')]
  return {
    ...{ html, script, style, contentSecurityPolicy: contentSecurityPolicy(html) },
    bytes: Buffer.byteLength(html) + Buffer.byteLength(script) + Buffer.byteLength(style),
  }
}

function contentSecurityPolicy(html: string): string {
  const hashes = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
