import { counted } from '../terminal/counted.ts'

/** US dollars, on demand, without free tiers. */
export type Price = { dollars: number; per: number; what: string; source: string }

const PAGES = 'aws.amazon.com/'

/** List prices of us-east-1 as known on 2026-11-23; compare them with the pages before relying on them. */
const PRICES = {
  apiRequest: { dollars: 3.5, per: 1e6, what: 'REST API request', source: `${PAGES}api-gateway/pricing` },
  lambdaRequest: { dollars: 0.2, per: 1e6, what: 'Lambda request', source: `${PAGES}lambda/pricing` },
  lambdaSecond: { dollars: 0.0000133334, per: 1, what: 'Lambda GB-second, arm64', source: `${PAGES}lambda/pricing` },
  sqsRequest: { dollars: 0.4, per: 1e6, what: 'SQS request, standard, 64 KB', source: `${PAGES}sqs/pricing` },
  write: { dollars: 0.625, per: 1e6, what: 'DynamoDB write, 1 KB', source: `${PAGES}dynamodb/pricing` },
  read: { dollars: 0.125, per: 1e6, what: 'DynamoDB read, 4 KB, consistent', source: `${PAGES}dynamodb/pricing` },
  logGigabyte: { dollars: 0.5, per: 1, what: 'CloudWatch Logs, GB taken in', source: `${PAGES}cloudwatch/pricing` },
  key: { dollars: 1, per: 1, what: 'KMS key, a month', source: `${PAGES}kms/pricing` },
  keyCall: { dollars: 0.03, per: 10_000, what: 'KMS request', source: `${PAGES}kms/pricing` },
  secret: { dollars: 0.4, per: 1, what: 'Secret, a month', source: `${PAGES}secrets-manager/pricing` },
  alarm: { dollars: 0.1, per: 1, what: 'Alarm metric, a month', source: `${PAGES}cloudwatch/pricing` },
  metric: { dollars: 0.3, per: 1, what: 'Metric of our own, a month', source: `${PAGES}cloudwatch/pricing` },
  dashboard: { dollars: 3, per: 1, what: 'Dashboard, a month', source: `${PAGES}cloudwatch/pricing` },
} satisfies Record<string, Price>

/** What the costs depend on most. */
export type Traffic = {
  users: number
  /** A column of the first table for each of these. */
  usersPerRequest: readonly number[]
  /** Each is fed by every request. */
  destinations: number
}

export const EXAMPLE_TRAFFIC: Traffic = { users: 1_000_000, usersPerRequest: [1, 10, 100], destinations: 1 }

/** The assumptions of the calculation. Change them for other traffic. */
const ASSUMED = {
  ingestGigabytes: 0.5,
  consumerGigabytes: 1,
  ingestSeconds: (users: number) => 0.008 + users * 0.00005,
  /** An access log line, a line of metrics, and what the platform writes. */
  bytesLoggedPerRequest: 260 + 330 + 100,
  messagesPerReceive: 10,
  /** How many users the window has gathered when the consumer runs. They are one request to Meta. */
  usersPerGraphRequest: 1_000,
  consumerSeconds: 3,
  bytesLoggedPerGraphRequest: 1_500,
  /** One identifier each. */
  registerBytesPerUser: 15,
} as const

/** A thousand requests a second with wrong keys. `throttleRate` lets so many through; the others are free. */
const FLOOD = {
  requestsPerSecond: 100,
  headerSeconds: 0.002,
  bodySeconds: 0.3,
  /** The line of the access log, the line about the refusal, a line of metrics, and the platform's lines. */
  bytesLogged: 260 + 200 + 330 + 100,
} as const

/** Receives and deletes of an idle queue: five pollers that ask three times a minute, for four queues. */
const IDLE_RECEIVES = 4 * 5 * 3 * 60 * 24 * 30
/** For each function that uses them: once an hour for queues, once in five minutes for table and secrets. */
const KEY_CALLS = 24 * 30 * 10 + 12 * 24 * 30 * 3

/** Metrics that traffic of some days brings into being. */
const METRICS = { ofSource: 5, ofDestination: 15 } as const

function cost(name: keyof typeof PRICES, amount: number): number {
  return (PRICES[name].dollars * amount) / PRICES[name].per
}

/** A part of the costs, and its dollars: one figure, or one for each number of users in a request. */
export type Part = { what: string; dollars: readonly number[] }

/** What traffic costs on AWS, and by which prices. */
export type Costs = {
  traffic: Traffic
  forUsers: readonly Part[]
  perMonth: readonly Part[]
  perHourOfFlood: readonly Part[]
  prices: readonly Price[]
}

/** The name of the sum among the parts. */
export const TOTAL = 'total'

/** Computes what traffic costs. */
export function costsOf(traffic: Traffic): Costs {
  return {
    traffic,
    forUsers: forUsers(traffic),
    perMonth: perMonth(traffic),
    perHourOfFlood: perHourOfFlood(),
    prices: Object.values(PRICES),
  }
}

/** Dollars for these users, part by part, for each number of users in a request. */
function forUsers({ users: all, usersPerRequest, destinations }: Traffic): Part[] {
  const part = (what: string, of: (requests: number, users: number) => number): Part => ({
    what,
    dollars: usersPerRequest.map((users) => of(Math.ceil(all / users), users)),
  })
  const calls = Math.ceil(all / ASSUMED.usersPerGraphRequest) * destinations
  const writes = Math.ceil((ASSUMED.usersPerGraphRequest * ASSUMED.registerBytesPerUser) / 1024)
  const rows = [
    part('REST API', (requests) => cost('apiRequest', requests)),
    part(
      'ingest',
      (requests, users) =>
        cost('lambdaRequest', requests) +
        cost('lambdaSecond', requests * ASSUMED.ingestSeconds(users) * ASSUMED.ingestGigabytes),
    ),
    part('SQS', (requests) => cost('sqsRequest', requests * (1 + 2 / ASSUMED.messagesPerReceive))),
    part(
      'consumer',
      () =>
        cost('lambdaRequest', calls) +
        cost('lambdaSecond', calls * ASSUMED.consumerSeconds * ASSUMED.consumerGigabytes),
    ),
    // The head is taken and given back, the log and a receipt written; the log and the list of the erased are read once.
    part('register', () => cost('write', calls * (3 + writes)) + cost('read', calls * 2)),
    part('logs', (requests) =>
      cost(
        'logGigabyte',
        (requests * ASSUMED.bytesLoggedPerRequest + calls * ASSUMED.bytesLoggedPerGraphRequest) / 1e9,
      ),
    ),
  ]
  const total = usersPerRequest.map((_, index) => rows.reduce((sum, { dollars }) => sum + (dollars[index] ?? 0), 0))
  return [...rows, { what: TOTAL, dollars: total }]
}

/** Dollars a month whether anything happens or not. */
function perMonth({ destinations }: Traffic): Part[] {
  return [
    {
      what: 'secrets: write keys, key of erasures, one for each destination',
      dollars: [cost('secret', 2 + destinations)],
    },
    { what: 'polling of four idle queues', dollars: [cost('sqsRequest', IDLE_RECEIVES)] },
    { what: 'alarms: 27 metrics, and 6 for each destination', dollars: [cost('alarm', 27 + 6 * destinations)] },
    {
      what: `metrics: about ${METRICS.ofSource + METRICS.ofDestination * destinations} for one source and ${countedDestinations(destinations)}`,
      dollars: [cost('metric', METRICS.ofSource + METRICS.ofDestination * destinations)],
    },
    { what: 'dashboard (the first three of an account are free)', dollars: [cost('dashboard', 1)] },
    { what: 'own KMS key (`encryption: own-key`)', dollars: [cost('key', 1) + cost('keyCall', KEY_CALLS)] },
    { what: 'AWS’s keys (`encryption: aws-owned`)', dollars: [0] },
  ]
}

/** Dollars for an hour of requests with wrong keys, as many as the throttle lets through. */
function perHourOfFlood(): Part[] {
  const requests = FLOOD.requestsPerSecond * 3600
  const hour = (seconds: number) =>
    cost('apiRequest', requests) +
    cost('lambdaRequest', requests) +
    cost('lambdaSecond', requests * seconds * ASSUMED.ingestGigabytes) +
    cost('logGigabyte', (requests * FLOOD.bytesLogged) / 1e9)
  return [
    { what: 'a wrong key in a header: nothing is decoded', dollars: [hour(FLOOD.headerSeconds)] },
    { what: 'no key in a header, 1 MiB of the worst JSON', dollars: [hour(FLOOD.bodySeconds)] },
  ]
}

/** "one destination" or "3 destinations". */
export function countedDestinations(count: number): string {
  return count === 1 ? 'one destination' : counted(count, 'destination')
}
