import { readFileSync } from 'node:fs'
import { runCommand } from './command.ts'

const { status, stdout, stderr } = runCommand(process.argv.slice(2), {
  destinations: process.env.DESTINATIONS,
  readStandardInput: () => readFileSync(0, 'utf8'),
  clock: Date.now,
})
if (stderr !== '') console.error(stderr)
if (stdout !== '') console.log(stdout)
process.exitCode = status
