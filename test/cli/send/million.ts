import { parseArgs } from 'node:util'
import { killAndResume } from './kill-and-resume.ts'

// npm run send:million [-- --rows N]: sends a million people to the local stack, killed now and then, and compares.
const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const rows = Number(values.rows)
if (!Number.isInteger(rows) || rows < 1) {
  console.error('--rows must be a whole number')
  process.exit(2)
}
const { kills, sentSeconds, seconds, wrong } = await killAndResume({ rows, kills: 5, random: Math.random }, console.log)
console.log(
  `${rows.toLocaleString('en')} rows, killed ${kills} times: sent in ${sentSeconds.toFixed(0)} s, in the audience after ${seconds.toFixed(0)} s`,
)
if (wrong.length > 0) {
  console.error(`${wrong.length} differences, such as: ${wrong.slice(0, 5).join('; ')}`)
  process.exitCode = 1
}
