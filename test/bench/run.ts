import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Benchmark, Measurement } from './benchmark.ts'

// npm run bench [-- names…] [--json] [--quick]: runs the benchmarks of this folder, all or by name, and prints their
// figures. --quick runs the short form, of those that have one.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' } },
})

const ENDING = '.bench.ts'
const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith(ENDING)).sort()
const names = files.map((file) => file.slice(0, -ENDING.length))
const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}; there are: ${names.join(', ')}`)
  process.exit(2)
}
for (const name of positionals.length > 0 ? positionals : names) {
  const { default: benchmark } = (await import(`./${name}${ENDING}`)) as { default: Benchmark }
  const run = values.quick ? benchmark.quick : benchmark.run
  if (!run) {
    console.error(`${name} has no quick form: leave --quick out, or name a benchmark that has one, such as invocation`)
    process.exit(2)
  }
  const measurements = await run()
  if (values.json) for (const measurement of measurements) console.log(JSON.stringify(measurement))
  else printTable(benchmark.name, measurements)
}

function printTable(title: string, measurements: readonly Measurement[]): void {
  const width = Math.max(...measurements.map(({ name }) => name.length))
  console.log(`\n${title}`)
  for (const [name, figures] of Map.groupBy(measurements, (each) => each.name))
    console.log(`  ${name.padEnd(width)}  ${figures.map(cell).join('  ')}`)
}

function cell({ value, unit }: Measurement): string {
  const digits = value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 })
  return `${digits.padStart(12)} ${unit}`
}
