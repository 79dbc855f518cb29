import { readFileSync } from 'node:fs'
import { runCommand } from './command.ts'
import { onInterrupt, sleep } from './interruption.ts'
import { createPost } from './post.ts'
import { processTerminal } from './terminal/terminal.ts'

const terminal = processTerminal(process)
// Who reads from a pipe may have enough, such as `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(130)
})
const { status, stdout, stderr } = await runCommand(process.argv.slice(2), {
  environment: process.env,
  terminal,
  readStandardInput: () => readFileSync(0, 'utf8'),
  fetch,
  post: createPost(),
  clock: Date.now,
  sleep,
  random: Math.random,
  onInterrupt: () => onInterrupt(process),
})
if (stderr !== '') terminal.say(stderr)
if (stdout !== '') terminal.answer(stdout)
process.exitCode = status
