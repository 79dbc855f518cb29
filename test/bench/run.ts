import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Benchmark, Measurement } from './benchmark.ts'

// npm run bench [-- names…] [--json]: runs the benchmarks of this folder, all or by name, and prints their figures.
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })

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
  const measurements = await benchmark.run()
  if (values.json) for (const measurement of measurements) console.log(JSON.stringify(measurement))
  else printTable(benchmark.name, measurements)
}

function printTable(title: string, measurements: readonly Measurement[]): void {
  const width = Math.max(...measurements.map(({ name }) => name.length))
  console.log(`\n${title}`)
  for (const { name, value, unit } of measurements) {
    const digits = value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 })
    console.log(`  ${name.padEnd(width)}  ${digits.padStart(12)} ${unit}`)
  }
}
