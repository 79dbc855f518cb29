import { soak } from './soak.ts'

// npm run soak: SOAK_EVENTS events (20,000 unless said otherwise; below 1,000 not every fault finds a request), made up
// from SOAK_SEED.
const events = wholeNumber('SOAK_EVENTS', 20_000, 1_000)
const seed = wholeNumber('SOAK_SEED', Math.floor(Math.random() * 2 ** 31), 0)
const print = (line: string) => process.stdout.write(`${line}\n`)

const { problems, ...summary } = await soak({ events, seed, log: print })
for (const [name, value] of Object.entries(summary)) print(`${name.padEnd(12)} ${JSON.stringify(value)}`)
for (const problem of problems.slice(0, 20)) print(problem)
print(
  problems.length === 0 ? 'Every audience is right' : `${problems.length} differences; repeat with SOAK_SEED=${seed}`,
)
process.exit(problems.length === 0 ? 0 : 1)

function wholeNumber(name: string, fallback: number, least: number): number {
  const value = Number(process.env[name] ?? fallback)
  if (Number.isSafeInteger(value) && value >= least) return value
  process.stderr.write(`${name} must be a whole number from ${least}\n`)
  process.exit(2)
}
