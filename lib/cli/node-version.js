import { existsSync } from 'node:fs'
import { URL } from 'node:url'

// Plain JavaScript, because it must run on a Node that cannot strip types.
// npm scripts use the Node 24 in node_modules; this speaks up only where that could not be installed.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `facebook-audience-sync needs Node 22.18 or newer, and this is ${process.versions.node}. ` +
      'The optional package "node" brings Node 24: run `npm ci` again with install scripts and optional packages allowed, or install a newer Node.',
  )
  process.exit(1)
}
if (!existsSync(new URL('../../node_modules', import.meta.url))) {
  console.error('The packages are not installed: run `npm ci` first.')
  process.exit(1)
}
