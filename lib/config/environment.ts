import * as v from 'valibot'
import { NOT_BARE, isBareAddress, isPrivateAddress } from './private-address.ts'

const url = v.pipe(v.string(), v.url('must be an address'))
const seconds = v.pipe(v.string(), v.regex(/^\d+$/, 'must be a whole number'), v.transform(Number))

const graphApiUrl = v.pipe(
  v.string(),
  v.check(isPrivateAddress, 'must be an address that begins with https:// unless it is on this machine'),
  v.check(isBareAddress, NOT_BARE),
  v.transform((value) => value.replace(/\/+$/, '')),
)

const required = v.pipe(v.string(), v.minLength(1))

const ingestEnvironment = v.object({
  TRACK_QUEUE_URL: url,
  REMOVAL_QUEUE_URL: url,
  SESSION_QUEUE_URL: url,
  REGISTER_TABLE: required,
  ERASURE_KEY_SECRET_ID: required,
  WRITE_KEYS_SECRET_ID: required,
  SECRET_LIFETIME_SECONDS: seconds,
})

const consumerEnvironment = v.object({
  TRACK_QUEUE_URL: url,
  REMOVAL_QUEUE_URL: url,
  SESSION_QUEUE_URL: url,
  RETRY_QUEUE_URL: url,
  DEAD_LETTER_QUEUE_URL: url,
  REGISTER_TABLE: required,
  ERASURE_KEY_SECRET_ID: required,
  ACCESS_TOKEN_PREFIX: required,
  SECRET_LIFETIME_SECONDS: seconds,
  GRAPH_API_URL: graphApiUrl,
  GIVE_UP_AFTER_HOURS: v.pipe(seconds, v.minValue(1), v.maxValue(72)),
})

const healthEnvironment = v.object({ ACCESS_TOKEN_PREFIX: required, GRAPH_API_URL: graphApiUrl })

/** The variables that the stack sets, so that a renamed one is a compile error there. */
export type IngestVariables = Record<keyof v.InferInput<typeof ingestEnvironment>, string>
export type ConsumerVariables = Record<keyof v.InferInput<typeof consumerEnvironment>, string>
export type HealthVariables = Record<keyof v.InferInput<typeof healthEnvironment>, string>

/** Missing or wrong variables of a function, all at once. */
export class EnvironmentError extends Error {
  override name = 'EnvironmentError' as const
}

type Environment = Readonly<Record<string, string | undefined>>

/** Settings of the ingest function. Throws EnvironmentError. */
export function readIngestEnvironment(env: Environment): v.InferOutput<typeof ingestEnvironment> {
  return read(ingestEnvironment, env)
}

/** Settings of the consumer function. Throws EnvironmentError. */
export function readConsumerEnvironment(env: Environment): v.InferOutput<typeof consumerEnvironment> {
  return read(consumerEnvironment, env)
}

/** Settings of the health function. Throws EnvironmentError. */
export function readHealthEnvironment(env: Environment): v.InferOutput<typeof healthEnvironment> {
  return read(healthEnvironment, env)
}

function read<T extends v.GenericSchema>(schema: T, env: Environment): v.InferOutput<T> {
  const parsed = v.safeParse(schema, env)
  if (parsed.success) return parsed.output
  const problems = parsed.issues.map(
    (issue) => `${v.getDotPath(issue) ?? ''} ${issue.received === 'undefined' ? 'is missing' : issue.message}`,
  )
  throw new EnvironmentError(`Environment variables are missing or wrong: ${problems.join('; ')}`)
}
