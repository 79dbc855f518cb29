import type { Result, Surroundings } from '../surroundings.ts'
import { createProgressBar } from '../terminal/progress-bar.ts'
import { sayOfConsent } from './consent-columns.ts'
import { readRecords, unpackedSize } from './file/source-file.ts'
import { introduction } from './introduction.ts'
import { lineReaderOf } from './plan.ts'
import type { Plan } from './plan.ts'
import { createDryRun } from './report/dry-run-counts.ts'
import { dryRunResult } from './report/dry-run-result.ts'
import type { SendOptions } from './send-options.ts'

/** Reads a file to its end, and shows what would become of it. Nothing is sent. */
export async function runDry(plan: Plan, options: SendOptions, surroundings: Surroundings): Promise<Result> {
  const { terminal, clock } = surroundings
  const { file, feed } = plan
  const asOf = options.timeColumn === undefined ? 0 : undefined
  const read = lineReaderOf(plan, options, clock, { asOf, now: clock() })
  if (!options.json) terminal.say(introduction(plan, options, { read, asOf: undefined, clock }, terminal))
  sayOfConsent(plan, options, terminal)
  const dry = createDryRun()
  const size = unpackedSize(file)
  const progress = createProgressBar(terminal, clock, 'rows', { count: 0, fraction: 0 })
  const interrupt = surroundings.onInterrupt()
  try {
    for await (const records of readRecords(file, file.start)) {
      if (interrupt.signal.aborted) break
      for (const record of records) dry.count(record, read(record))
      const end = records.at(-1)?.end ?? 0
      progress.update({ count: dry.run.lines, fraction: size && Math.min(1, end / size) })
    }
  } finally {
    progress.clear()
    interrupt.forget()
  }
  if (interrupt.signal.aborted) return { status: 130, stdout: '', stderr: 'Interrupted. Nothing was sent.' }
  return dryRunResult(plan, dry.run, options, feed, terminal)
}
