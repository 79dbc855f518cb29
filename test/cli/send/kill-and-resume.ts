import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AUDIENCE, aDestination } from '../../support/settings.ts'
import { startTemporaryStack } from '../../support/temporary-stack.ts'

/** How a run went: how often the command was killed, and in how many seconds it and the whole stack were done. */
export type KilledRun = { kills: number; sentSeconds: number; seconds: number; wrong: string[] }

/**
 * Sends a file of so many people to the local stack, kills the command at random moments, and repeats it until it is done.
 * `wrong` says what is wrong with the audience then: nothing is, if resuming loses nobody and adds nobody else.
 */
export async function killAndResume(
  { rows, kills: mostKills, random }: { rows: number; kills: number; random: () => number },
  say: (text: string) => void = () => undefined,
): Promise<KilledRun> {
  const directory = await mkdtemp(join(tmpdir(), 'send-'))
  const stack = await startTemporaryStack({ sources: [{ name: 'server' }], destinations: [aDestination()] })
  try {
    const emulator = `${stack.graphUrl}/_emulator`
    await fetch(`${emulator}/settings`, { method: 'PATCH', body: JSON.stringify({ tier: 'full', requestsKept: 0 }) })
    const path = join(directory, 'people.csv')
    await writePeople(path, rows)
    const startedAt = performance.now()
    const args = ['send', path, '--event', 'USER_ADD', '--list', 'add', '--as-of', 'file', '--yes', '--url', stack.url]
    let kills = 0
    for (;;) {
      const child = spawn(process.execPath, ['lib/cli/main.ts', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
      let words = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text))
      const ended = once(child, 'close')
      const before = acknowledged(path)
      if (kills < mostKills) {
        // Somewhere in its share of the file, and between two requests or in the middle of some.
        const goal = before + random() * (rows / (mostKills + 1))
        while (child.exitCode === null && acknowledged(path) <= goal) await sleep(5)
        await sleep(random() * 50)
        if (child.exitCode === null) child.kill('SIGKILL')
      }
      const [status, signal] = (await ended) as [number | null, NodeJS.Signals | null]
      if (signal === 'SIGKILL') {
        kills += 1
        say(`killed behind ${acknowledged(path)} of ${rows} rows`)
        continue
      }
      // It was killed between its last word on the disk and its end: a repeated command says that all was sent.
      if (status === 2 && kills > 0 && words.includes('was sent on')) break
      if (status !== 0) throw new Error(`send ended with ${status}: ${words}`)
      break
    }
    const sentSeconds = (performance.now() - startedAt) / 1000
    say(`sent after ${Math.round(sentSeconds)} s`)
    await untilQuiet(stack.url)
    const wrong = await differences(`${emulator}/audiences/${AUDIENCE}/members`, rows)
    return { kills, sentSeconds, seconds: (performance.now() - startedAt) / 1000, wrong }
  } finally {
    await stack.close()
    await rm(directory, { recursive: true })
  }
}

const emailOf = (row: number) => `person${row}@example.com`

async function writePeople(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path)
  file.write('EMAIL;Vorname\n')
  for (let row = 0; row < rows; row += 1)
    if (!file.write(`${emailOf(row)};"Ann ""${row}"""\n`)) await once(file, 'drain')
  file.end()
  await once(file, 'finish')
}

function acknowledged(path: string): number {
  try {
    return (JSON.parse(readFileSync(`${path}.sent.json`, 'utf8')) as { rows: number }).rows
  } catch {
    return 0
  }
}

async function untilQuiet(url: string): Promise<void> {
  for (let quiet = 0; quiet < 5;) {
    await sleep(200)
    const { queues } = (await (await fetch(`${url}/_local/status`)).json()) as {
      queues: { visible: number; inFlight: number; delayed: number }[]
    }
    quiet = queues.every(({ visible, inFlight, delayed }) => visible + inFlight + delayed === 0) ? quiet + 1 : 0
  }
}

async function differences(members: string, rows: number): Promise<string[]> {
  const answer = (await (await fetch(members)).json()) as { members: { EMAIL: string }[] }
  const found = new Set(answer.members.map(({ EMAIL }) => EMAIL))
  const wrong: string[] = []
  for (let row = 0; row < rows; row += 1) {
    const isThere = found.delete(createHash('sha256').update(emailOf(row)).digest('hex'))
    if (!isThere) wrong.push(`${emailOf(row)} is missing`)
  }
  for (const hash of found) wrong.push(`${hash} is nobody of the file`)
  if (answer.members.length !== rows) wrong.push(`${answer.members.length} members in place of ${rows}`)
  return wrong
}
