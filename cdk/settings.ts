import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import * as v from 'valibot'
import packageJson from '../package.json' with { type: 'json' }
import { NOT_BARE, isBareAddress } from '../lib/config/private-address.ts'
import { unknownSetting } from '../lib/config/setting-problem.ts'
import type { SettingProblem } from '../lib/config/setting-problem.ts'
import { givenArn } from './given-arn.ts'
import { runbookAddress } from './runbook-address.ts'
import { QUEUES_OF_CONSUMER, RETRY_WINDOW, TRACK_WINDOW } from './timings.ts'

/** Settings that cannot be used. The message lists every problem, one a line. */
export class SettingsError extends Error {
  override name = 'SettingsError' as const
}

/** Problems as text: what cannot be used, and one line for each reason. */
export function problemLines(what: string, problems: readonly SettingProblem[]): string[] {
  return [`${what} cannot be used:`, ...problems.map(({ path, message }) => `  ${path}: ${message}`)]
}

// `cdk deploy -c key=value` passes all values as text.
const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`
  const text = v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))
  return v.pipe(
    v.union([v.number(), text], message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  )
}

const flag = v.union(
  [
    v.boolean(),
    v.pipe(
      v.picklist(['true', 'false']),
      v.transform((text) => text === 'true'),
    ),
  ],
  'must be true or false',
)

const oneOf = <const T extends string>(...words: [T, ...T[]]) =>
  v.picklist(words, `must be ${words.map((word) => `"${word}"`).join(' or ')}`)

const text = v.pipe(v.string('must be text'), v.minLength(1, 'may not be empty'))

const RETENTIONS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
)

// An alarm's description has 1,024 characters, and the rest of the longest one needs less than 300.
const RUNBOOK_CHARACTERS = 700

// It is an environment variable, and Lambda takes 4 KB of these.
const ADDRESS_CHARACTERS = 300

const settingsSchema = v.object({
  throttleRate: v.optional(wholeNumber(1, 10_000), 100),
  throttleBurst: v.optional(wholeNumber(1, 5_000), 200),
  maximumConcurrency: v.optional(wholeNumber(2, 1_000), 2),
  ingestConcurrency: v.exactOptional(wholeNumber(1, 1_000)),
  consumerConcurrency: v.exactOptional(wholeNumber(1, 3_000)),
  trackWindowSeconds: v.optional(wholeNumber(1, 300), TRACK_WINDOW.toSeconds()),
  retryWindowSeconds: v.optional(wholeNumber(1, 300), RETRY_WINDOW.toSeconds()),
  giveUpAfterHours: v.optional(wholeNumber(1, 72), 24),
  encryption: v.optional(oneOf('own-key', 'aws-owned'), 'own-key'),
  formerKeyArn: v.exactOptional(givenArn('kms', /key\/[\w-]+/, 'key/…, no alias and no *')),
  accessLogs: v.optional(flag, true),
  gatewayLogRole: v.optional(oneOf('create', 'exists'), 'create'),
  logRetentionDays: v.optional(
    v.pipe(
      wholeNumber(1, 3653),
      v.picklist(RETENTIONS, `must be a retention that CloudWatch knows: ${RETENTIONS.join(', ')}`),
    ),
    30,
  ),
  alarmEmail: v.exactOptional(v.pipe(v.string('must be text'), v.email('must be an e-mail address'))),
  alarmTopicArn: v.exactOptional(givenArn('sns', /[\w-]{1,256}/, 'topic (CloudWatch takes no FIFO topic)')),
  webAclArn: v.exactOptional(givenArn('wafv2', /regional\/webacl\/[\w-]+\/[\w-]+/, 'regional/webacl/name/id')),
  graphApiUrl: v.optional(
    v.pipe(
      v.string('must be text'),
      v.check((url) => URL.parse(url)?.protocol === 'https:', 'must be an address that begins with https://'),
      v.check(isBareAddress, NOT_BARE),
      v.maxLength(ADDRESS_CHARACTERS, `may have ${ADDRESS_CHARACTERS} characters at most`),
    ),
    'https://graph.facebook.com',
  ),
  runbookUrl: v.optional(
    v.pipe(text, v.maxLength(RUNBOOK_CHARACTERS, `may have ${RUNBOOK_CHARACTERS} characters at most`)),
    runbookAddress((packageJson as { repository?: unknown }).repository),
  ),
  metricsNamespace: v.exactOptional(
    v.pipe(
      v.string('must be text'),
      v.regex(
        /^(?!AWS\/|:)[\w.\-/#:]{1,255}$/,
        'must be letters, digits, ".", "-", "_", "/", "#" or ":", and not AWS/…',
      ),
    ),
  ),
})

/** The settings of a stack, with defaults filled in. `FacebookAudienceSyncProps` says what each one means. */
export type Settings = v.InferOutput<typeof settingsSchema>

/** The settings that may be given. */
export const SETTING_NAMES = Object.keys(settingsSchema.entries) as readonly (keyof Settings)[]

/** The context of the project's own app: the settings, and the name of its stack. */
const contextSchema = v.object({
  stackName: v.optional(
    v.pipe(
      v.string('must be text'),
      v.regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'must be 1 to 128 letters, digits or "-", beginning with a letter'),
    ),
    'FacebookAudienceSync',
  ),
  ...settingsSchema.entries,
})

/** The context keys that belong to the project. */
export const CONTEXT_NAMES: readonly string[] = ['destinations', ...Object.keys(contextSchema.entries)]

type Parsed<T> = { ok: true; settings: T } | { ok: false; problems: readonly SettingProblem[] }

type Input = Readonly<Record<string, unknown>>

/** Reads settings: every problem at once, by key, with the fix. */
export function parseSettings(input: Input): Parsed<Settings> {
  return parse(settingsSchema, input)
}

/** Reads the context without `destinations`: the settings, and the name of the stack. */
export function parseContext(input: Input): Parsed<v.InferOutput<typeof contextSchema>> {
  return parse(contextSchema, input)
}

function parse<T extends typeof settingsSchema | typeof contextSchema>(
  schema: T,
  input: Input,
): Parsed<v.InferOutput<T>> {
  const known = Object.keys(schema.entries)
  const unknown = Object.keys(input).filter((key) => !known.includes(key))
  const parsed = v.safeParse(schema, input)
  const problems = [
    ...(parsed.issues ?? []).map(toProblem),
    ...unknown.map((key) => ({ path: key, message: unknownSetting(key, CONTEXT_NAMES) })),
    ...concurrencyProblems(parsed.success ? parsed.output : readable(input)),
  ]
  return problems.length > 0 || !parsed.success ? { ok: false, problems } : { ok: true, settings: parsed.output }
}

function toProblem(issue: v.BaseIssue<unknown>): SettingProblem {
  const path = v.getDotPath(issue) ?? ''
  return { path, message: `${issue.message}, but is ${JSON.stringify(issue.input)}` }
}

/** The two settings of the concurrency rule, as far as each is valid by itself. */
function readable(
  input: Readonly<Record<string, unknown>>,
): Pick<Settings, 'maximumConcurrency' | 'consumerConcurrency'> {
  const { maximumConcurrency, consumerConcurrency } = settingsSchema.entries
  const maximum = v.safeParse(maximumConcurrency, input.maximumConcurrency)
  const reserved = v.safeParse(consumerConcurrency, input.consumerConcurrency)
  return {
    maximumConcurrency: maximum.success ? maximum.output : 0,
    ...(reserved.success && { consumerConcurrency: reserved.output }),
  }
}

// With less, deliveries are throttled. They count as receives, so messages end as dead letters that no consumer has
// seen.
function concurrencyProblems({
  maximumConcurrency,
  consumerConcurrency,
}: Pick<Settings, 'maximumConcurrency' | 'consumerConcurrency'>): SettingProblem[] {
  const least = QUEUES_OF_CONSUMER * maximumConcurrency
  if (consumerConcurrency === undefined || consumerConcurrency >= least) return []
  const queues = `${QUEUES_OF_CONSUMER} queues with a maximumConcurrency of ${maximumConcurrency} each`
  return [{ path: 'consumerConcurrency', message: `must be at least ${least}, for ${queues}; or leave it out` }]
}
