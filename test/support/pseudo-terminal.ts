import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const script = join(import.meta.dirname, 'pseudo-terminal.py')
const isThere = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0

/** Generous, because a busy machine only takes longer. */
const PATIENCE_MS = 120_000

/** A test that needs a terminal. Without Python 3.9, whose `pty` module makes one, it is skipped, and its name says so. */
export function testInTerminal(name: string, run: () => Promise<void>): void {
  if (isThere) test(name, run)
  else test.skip(`${name} (needs python3, 3.9 or newer, which is not here)`, run)
}

/** `text` is what was shown, without control sequences; `raw` has them, and the colours. */
export type Ended = { status: number | null; text: string; raw: string }

export type Terminal = {
  /** Waits until this is shown after what was seen before. Throws when the command ends without it. */
  sees: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Presses keys: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D, `\x1b[B` the arrow down. */
  types: (keys: string) => void
  resize: (columns: number, rows: number) => void
  ended: () => Promise<Ended>
}

type Options = {
  columns?: number
  rows?: number
  /** Variables in addition to PATH, HOME and TERM; nothing else of this process is passed on, CI and NO_COLOR neither. */
  env?: Record<string, string | undefined>
  /** What is run with the arguments. */
  program?: readonly string[]
}

/** Runs the command line with these arguments in a pseudo-terminal. It is hung up at the end of the test. */
export async function inTerminal(args: readonly string[], options: Options = {}): Promise<Terminal> {
  const { columns = 80, rows = 40, env, program = [process.execPath, join(root, 'lib/cli/main.ts')] } = options
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const child = spawn('python3', [script, String(columns), String(rows), ...program, ...args], {
    cwd: root,
    env: { PATH, HOME, NODE_COMPILE_CACHE, TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let raw = ''
  let seen = 0
  let status: number | null | undefined
  let changed = Promise.withResolvers<undefined>()
  const change = () => {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      raw += chunk
      change()
    })
  // A key for a command that has just ended goes nowhere.
  child.stdin.on('error', () => undefined)
  child.once('close', (code) => {
    status = code
    change()
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))

  async function until<T>(what: string, look: () => T | undefined): Promise<T> {
    const deadline = AbortSignal.timeout(PATIENCE_MS)
    deadline.addEventListener('abort', change)
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found
      if (status !== undefined) throw new Error(`The command ended without ${what}, and showed:\n${shown(raw)}`)
      if (deadline.aborted) throw new Error(`No ${what} in ${PATIENCE_MS / 1000} s, but:\n${shown(raw)}`)
      await changed.promise
    }
  }

  return {
    sees: (pattern) =>
      until(String(pattern), () => {
        const match = new RegExp(pattern, pattern.flags.replace(/[gy]/g, '')).exec(shown(raw).slice(seen))
        if (match) seen += match.index + match[0].length
        return match ?? undefined
      }),
    types: (keys) => void child.stdin.write(keys),
    resize: (width, height) => void child.stdin.write(`\x1b[8;${height};${width}t`),
    async ended() {
      await until('an end', () => (status === undefined ? undefined : true))
      return { status: status ?? null, text: shown(raw), raw }
    },
  }
}

/** A control sequence whose end has not come yet is no text. */
function shown(raw: string): string {
  // eslint-disable-next-line no-control-regex -- this is what is meant
  return stripVTControlCharacters(raw.replace(/\x1b(?:\[[\d;?]*)?$/, '')).replaceAll('\r\n', '\n')
}
