import { readFileSync } from 'node:fs'
import { runCommand } from './command.ts'
import { onInterrupt, sleep } from './interruption.ts'
import { createPost } from './post.ts'
import { processTerminal } from './terminal/terminal.ts'

const terminal = processTerminal(process)
// Who reads from a pipe may have enough, such as `head`. A disk may be full.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(130)
  terminal.say(`The answer cannot be written: ${message}`)
  process.exit(3)
})
// Nobody listens to words for people; what is under way goes on.
process.stderr.on('error', () => undefined)
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
