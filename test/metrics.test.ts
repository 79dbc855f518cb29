import { Metrics } from '@aws-lambda-powertools/metrics'
import middy from '@middy/core'
import { expect, test } from 'vitest'
import { createMetrics, flushAtTheEnd } from '../lib/metrics.ts'
import { capture } from './support/captured-output.ts'

type Line = {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[]
  }
  [name: string]: unknown
}

/** What measuring writes: the lines of one flush. */
function linesOf(measureSome: (measure: ReturnType<typeof createMetrics>['measure']) => void): Line[] {
  const output = capture()
  const { measure, flush } = createMetrics(new Metrics({ namespace: 'Test', serviceName: 'test' }))
  measureSome(measure)
  expect(output.lines()).toEqual([])
  flush()
  return output.lines() as Line[]
}

test('what one invocation measured is one line for each set of dimensions, in CloudWatch’s embedded format', () => {
  const lines = linesOf((measure) => {
    measure('EventsAccepted', 2, { source: 'server' })
    measure('EventsIgnored', 1, { source: 'server' })
    measure('EventsRejected', 1, { source: 'server', reason: 'lists_missing' })
    measure('EventsRejected', 1, { reason: 'lists_missing', source: 'server' })
  })
  expect(lines).toMatchObject([
    { service: 'test', source: 'server', EventsAccepted: 2, EventsIgnored: 1 },
    { service: 'test', source: 'server', reason: 'lists_missing', EventsRejected: 2 },
  ])
  expect(lines[0]?._aws.CloudWatchMetrics).toEqual([
    {
      Namespace: 'Test',
      Dimensions: [['service', 'source']],
      Metrics: [
        { Name: 'EventsAccepted', Unit: 'Count' },
        { Name: 'EventsIgnored', Unit: 'Count' },
      ],
    },
  ])
})

test('counts add up, of gauges the highest is kept, and latencies stay single values', () => {
  const [line] = linesOf((measure) => {
    for (const value of [3, 9, 4]) {
      measure('UsersSent', value, { destination: 'main' })
      measure('UsagePercent', value, { destination: 'main' })
      measure('OldestUndeliveredAge', value, { destination: 'main' })
      measure('GraphLatency', value, { destination: 'main' })
    }
  })
  expect(line).toMatchObject({ UsersSent: 16, UsagePercent: 9, OldestUndeliveredAge: 9, GraphLatency: [3, 9, 4] })
})

test('more values than CloudWatch takes in a line go on in another, with the same dimensions', () => {
  const values = Array.from({ length: 250 }, (_, index) => index + 1)
  const lines = linesOf((measure) => {
    for (const value of values) measure('GraphLatency', value, { destination: 'main' })
    measure('GraphCalls', values.length, { destination: 'main' })
  })
  expect(lines.flatMap(({ GraphLatency }) => GraphLatency)).toEqual(values)
  expect(lines.map(({ destination }) => destination)).toEqual(['main', 'main', 'main'])
  expect(lines.flatMap(({ GraphCalls }) => GraphCalls ?? [])).toEqual([250])
})

test('zero, and what is no number, is not written', () => {
  expect(
    linesOf((measure) => {
      for (const value of [0, NaN, Infinity]) measure('UsagePercent', value, { destination: 'main' })
    }),
  ).toEqual([])
})

test('a flush writes what was measured since the last one', () => {
  const output = capture()
  const { measure, flush } = createMetrics(new Metrics({ namespace: 'Test', serviceName: 'test' }))
  for (const value of [1, 2]) {
    measure('EventsAccepted', value, { source: 'server' })
    flush()
    flush()
  }
  expect(output.lines()).toMatchObject([{ EventsAccepted: 1 }, { EventsAccepted: 2 }])
})

test.each([
  ['answers', () => Promise.resolve('answer')],
  ['fails', () => Promise.reject(new Error('failed'))],
])('an invocation that %s ends with one flush', async (_, handle) => {
  let flushes = 0
  const handler = middy()
    .use(flushAtTheEnd(() => (flushes += 1)))
    .handler(handle)
  await handler({}, {} as never).catch(() => undefined)
  expect(flushes).toBe(1)
})
