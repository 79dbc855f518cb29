import { setTimeout as sleep } from 'node:timers/promises'
import type { SQSEvent } from 'aws-lambda'
import type { InvocationResult } from '../../lib/emulator/lambda/invocation-result.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { ALL_SERIES, QUICK_SERIES } from './invocation-cases.ts'
import type { InvocationCase, Series } from './invocation-cases.ts'
import { withLoneFunction } from './lone-function.ts'
import type { LoneFunction } from './lone-function.ts'
import { MB_PER_PROCESSOR, readProcess } from './process-reading.ts'

/** What an invocation may take of its function's memory, and of the processor time until its timeout. */
const MOST = 0.75

/**
 * The most memory and processor time that one invocation of the consumer takes, of what the template gives it: the
 * deployed bundle in one execution environment, with SQS, DynamoDB and the Graph API around it. More than three quarters
 * of either is a failure. Quick, it runs those that take most memory, and judges memory alone.
 */
const benchmark: Benchmark = {
  name: 'invocation',
  run: () => measureAll(ALL_SERIES, ({ memory, time }) => memory > MOST || time > MOST),
  quick: () => measureAll(QUICK_SERIES, ({ memory }) => memory > MOST),
}
export default benchmark

/** Shares of what the function has, and how the invocation ended. */
type Figures = {
  peakMb: number
  memory: number
  processorSeconds: number
  time: number
  end: 'answered' | 'out of memory' | 'out of processor time' | 'timed out' | 'failed'
}

async function measureAll(
  allSeries: readonly Series[],
  isTooMuch: (figures: Figures) => boolean,
): Promise<Measurement[]> {
  if (process.platform !== 'linux') {
    console.error('invocation: left out, because only Linux tells the processor time of another process')
    return []
  }
  const measurements: Measurement[] = []
  for (const series of allSeries)
    for (const each of series) {
      const figures = await measure(each)
      measurements.push(
        { name: each.name, value: figures.peakMb, unit: 'MB' },
        { name: each.name, value: figures.memory * 100, unit: '% of memory' },
        { name: each.name, value: figures.processorSeconds, unit: 's of processor' },
        { name: each.name, value: figures.time * 100, unit: '% of time' },
      )
      if (figures.end !== 'answered' || isTooMuch(figures)) {
        const problem = figures.end === 'answered' ? 'more than three quarters of what it has' : figures.end
        console.error(`invocation: ${each.name}: ${problem}`)
        process.exitCode = 1
      }
      // What comes next in the series needs more still, and minutes to end in the same way.
      if (figures.end === 'out of processor time') break
    }
  return measurements
}

function measure({ events, ...setting }: InvocationCase): Promise<Figures> {
  return withLoneFunction('Consumer', setting, async (consumer) => {
    // Loads the code: Lambda's time limit for an invocation begins after it.
    await consumer.invoke({ Records: [] })
    const [measured, ...before] = events().reverse()
    if (!measured) throw new Error('a case has an event')
    for (const event of before.reverse()) await invoke(consumer, event)
    return invoke(consumer, measured)
  })
}

/** Invokes it, until it answers, is killed, or has had the processor time that Lambda gives until the timeout. */
async function invoke(consumer: LoneFunction, event: SQSEvent): Promise<Figures> {
  const [environment] = consumer.environments()
  const before = await readProcess(environment?.pid ?? 0)
  if (!environment || !before) throw new Error(`the consumer has not started: ${consumer.lines.join('\n')}`)
  const availableSeconds = (consumer.timeoutSeconds * consumer.memoryMb) / MB_PER_PROCESSOR
  let result: InvocationResult | undefined
  let last = before
  const answered = consumer.invoke(event).then((answer) => (result = answer))
  const seconds = () => last.processorSeconds - before.processorSeconds
  do {
    await Promise.race([answered, sleep(100)])
    last = (await readProcess(environment.pid)) ?? last
    if (seconds() > availableSeconds) await consumer.close()
  } while (!result)
  const killedAt = consumer.lines.map((line) => /Max Memory Used: (\d+) MB/.exec(line)?.[1]).find(Boolean)
  const peakMb = Number(killedAt ?? last.peakMb)
  return {
    peakMb,
    memory: peakMb / consumer.memoryMb,
    processorSeconds: seconds(),
    time: seconds() / availableSeconds,
    end: endOf(result, killedAt !== undefined, seconds() > availableSeconds),
  }
}

function endOf(result: InvocationResult, isOutOfMemory: boolean, isOutOfTime: boolean): Figures['end'] {
  if (result.ok) return 'answered'
  if (isOutOfMemory) return 'out of memory'
  if (isOutOfTime) return 'out of processor time'
  // By the clock, on which this machine's load counts too.
  return result.errorType === 'Sandbox.Timedout' ? 'timed out' : 'failed'
}
