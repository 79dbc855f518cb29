import { readFileSync } from 'node:fs'
import { runCommand } from './command.ts'

const { status, stdout, stderr } = await runCommand(process.argv.slice(2), {
  destinations: process.env.DESTINATIONS,
  trackUrl: process.env.TRACK_URL,
  writeKey: process.env.WRITE_KEY,
  readStandardInput: () => readFileSync(0, 'utf8'),
  fetch,
  clock: Date.now,
})
if (stderr !== '') console.error(stderr)
if (stdout !== '') console.log(stdout)
process.exitCode = status
