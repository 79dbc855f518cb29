import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { synthesise } from '../../cdk/synthesise.ts'
import { startChromium } from '../clients/browser/chromium.ts'
import type { CloudFormation } from '../support/template.ts'
import { dashboardPicture, dashboardWidgets } from './dashboard-picture.ts'
import { playScene } from './scene.ts'
import { terminalPicture } from './terminal-picture.ts'

// npm run pictures: makes the pictures of the README from the running product. Needs Chromium, Python 3, and the ports
// 3000 and 3001.
const FOLDER = 'cdk/guides/pictures'
const COLUMNS = 80
const COMMANDS = {
  status: 'status',
  why: 'why ann@example.com',
  send: 'send customers.csv --event BUYERS --list add --dry-run',
}
const CUSTOMERS = `E-Mail,Vorname,Kundennummer
Ann@Example.com,Ann,4711
bob@example.com,Bob,4712
carol@example,Carol,4713
`

const root = join(import.meta.dirname, '../..')
const directory = await mkdtemp(join(tmpdir(), 'pictures-'))
await writeFile(join(directory, 'customers.csv'), CUSTOMERS)
const save = (name: string, content: string | Buffer) => writeFile(join(root, FOLDER, name), content)
await mkdir(join(root, FOLDER), { recursive: true })
const { template } = synthesise({
  ...{ destinationsPath: join(root, 'cdk/destinations.json'), outputDirectory: join(directory, 'cdk.out') },
})
await save('dashboard.svg', dashboardPicture(dashboardWidgets(template as CloudFormation)))
const stack = await playScene()
try {
  for (const [name, command] of Object.entries(COMMANDS))
    await save(`${name}.svg`, terminalPicture(`npm run -s cli -- ${command}`, await shownInTerminal(command), COLUMNS))
  for (const scheme of ['light', 'dark'] as const)
    await save(`console-${scheme}.png`, await screenshot(stack.url, scheme))
} finally {
  await stack.close()
  await rm(directory, { recursive: true })
}

/** What a command writes to a terminal, with its colours. Some end with 1, because they found something. */
async function shownInTerminal(command: string): Promise<string> {
  const terminal = [join(root, 'test/support/pseudo-terminal.py'), String(COLUMNS), '60']
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, TERM: 'xterm-256color', LANG: 'C.UTF-8' }
  const typed = [process.execPath, join(root, 'lib/cli/main.ts'), ...command.split(' ')]
  try {
    return (await promisify(execFile)('python3', [...terminal, ...typed], { cwd: directory, env })).stdout
  } catch (error) {
    const { code, stdout } = error as { code: unknown; stdout: string }
    if (code === 1) return stdout
    throw error
  }
}

async function screenshot(url: string, colorScheme: 'light' | 'dark'): Promise<Buffer> {
  const browser = await startChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme, deviceScaleFactor: 1.5 })
    await page.goto(`${url}/console`)
    await page.getByText('live', { exact: true }).waitFor()
    await page.getByText('Order Completed').first().waitFor()
    return await page.screenshot()
  } finally {
    await browser.close()
  }
}
