import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { runCommand } from './command.ts'
import { interruptible } from './interruption.ts'
import { processTerminal } from './terminal/terminal.ts'

const terminal = processTerminal(process)
const { status, stdout, stderr } = await runCommand(process.argv.slice(2), {
  environment: process.env,
  terminal,
  readStandardInput: () => readFileSync(0, 'utf8'),
  fetch,
  clock: Date.now,
  sleep: (ms) => setTimeout(ms),
  random: Math.random,
  untilInterrupted: interruptible(process, terminal),
})
if (stderr !== '') terminal.say(stderr)
if (stdout !== '') terminal.answer(stdout)
process.exitCode = status
