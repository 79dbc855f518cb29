import { expect } from 'vitest'
import { inTerminal, testInTerminal } from '../support/pseudo-terminal.ts'

/** A program that is run in the terminal. */
const node = (script: string) => ({ program: [process.execPath, '--eval', script] })

testInTerminal('a command in a pseudo-terminal sees a terminal of the given size', async () => {
  const script = 'console.log(process.stdin.isTTY, process.stdout.isTTY, process.stdout.columns, process.stdout.rows)'
  const term = await inTerminal([], { columns: 97, rows: 31, ...node(script) })
  expect(await term.ended()).toMatchObject({ status: 0, text: 'true true 97 31\n' })
})

testInTerminal('keys are pressed when their question appears, and colours are no part of the text', async () => {
  const script = `
    const lines = require('node:readline').createInterface(process.stdin, process.stdout)
    lines.question('\\x1b[1mSe\\x1b[32mnd?\\x1b[0m ', (answer) => {
      lines.question('Sure? ', (sure) => { console.log('[' + answer + sure + ' ä]'); process.exit(3) })
    })`
  const term = await inTerminal([], node(script))
  await term.sees(/Send\?/)
  term.types('yes\r')
  expect((await term.sees(/(\w+)\? $/))[1]).toBe('Sure')
  term.types('ü\r')
  await term.sees(/\[yesü ä\]/)
  const { status, raw } = await term.ended()
  expect(status).toBe(3)
  expect(raw).toContain('\x1b[32m')
})

testInTerminal(
  'Ctrl-C interrupts, and a command that ends without what is awaited is an error with its text',
  async () => {
    const term = await inTerminal([], node('console.log("working"); setInterval(() => {}, 1000)'))
    await term.sees(/working/)
    term.types('\x03')
    await expect(term.sees(/done/)).rejects.toThrow(/ended without \/done\/, and showed:\nworking/)
    expect((await term.ended()).status).toBe(128 + 2)
  },
)

testInTerminal('the command line runs in it', async () => {
  const term = await inTerminal(['costs', '--users', 'many'])
  const { status, text } = await term.ended()
  expect(status).toBe(2)
  expect(text).toContain('--users')
})

/** A program that asks, and writes how that ended; `meanwhile` is what it does when the question is shown. */
const asking = (meanwhile = '') =>
  node(`
    const { askText } = await import('./lib/cli/terminal/ask.ts')
    const asked = askText('Token?', { instead: 'pipe it', isSecret: true }, { isInteractive: true })
    ${meanwhile}
    const answer = await asked.catch(({ name }) => name)
    console.log('[' + answer + ' ' + process.stdin.isRaw + ']')`)

testInTerminal('Ctrl-D at a question is an answer like Ctrl-C, and the terminal is as it was', async () => {
  for (const key of ['\x03', '\x04']) {
    const term = await inTerminal([], asking())
    await term.sees(/Token\?/)
    term.types(key)
    await term.sees(/\[Cancelled false\]/)
    const { status, raw } = await term.ended()
    expect(status).toBe(0)
    expect(raw.lastIndexOf('\x1b[?25h')).toBeGreaterThan(raw.lastIndexOf('\x1b[?25l'))
  }
})

testInTerminal('a signal at a question ends it, and the terminal is as it was', async () => {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    const term = await inTerminal([], asking(`setImmediate(() => process.kill(process.pid, '${signal}'))`))
    await term.sees(/\[Cancelled false\]/)
    const { status, raw } = await term.ended()
    expect(status).toBe(0)
    expect(raw.lastIndexOf('\x1b[?25h')).toBeGreaterThan(raw.lastIndexOf('\x1b[?25l'))
  }
})

testInTerminal('behind an answer, the terminal is as it was, too', async () => {
  const term = await inTerminal([], asking())
  await term.sees(/Token\?/)
  term.types('abcdef\r')
  await term.sees(/\[abcdef false\]/)
  expect((await term.ended()).status).toBe(0)
})
