import { Token } from 'aws-cdk-lib'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import * as v from 'valibot'
import packageJson from '../package.json' with { type: 'json' }
import { unknownSetting } from '../lib/config/setting-problem.ts'
import type { SettingProblem } from '../lib/config/setting-problem.ts'
import { QUEUES_OF_CONSUMER, RETRY_WINDOW, TRACK_WINDOW } from './timings.ts'

/** Settings that cannot be used; the message lists every problem, one a line. */
export class SettingsError extends Error {
  override name = 'SettingsError' as const
}

// `cdk deploy -c key=value` hands everything over as text.
const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${String(least)} to ${String(most)}`
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

// In another CDK app, an ARN may be that of a resource which does not exist yet.
const arn = (service: string) =>
  v.pipe(
    text,
    v.check(
      (value) => Token.isUnresolved(value) || new RegExp(`^arn:[\\w-]+:${service}:`).test(value),
      `must be an ARN that begins with arn:aws:${service}:`,
    ),
  )

const RETENTIONS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
)

/** The operator's guide at the https address that package.json names as `repository`; its path when there is none. */
const { repository } = packageJson as { repository?: unknown }
const isAddress = typeof repository === 'string' && repository.startsWith('https://')
const RUNBOOK = isAddress ? `${repository.replace(/\.git$/, '')}/blob/HEAD/cdk/README.md` : 'cdk/README.md'

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
  formerKeyArn: v.exactOptional(arn('kms')),
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
  alarmTopicArn: v.exactOptional(arn('sns')),
  webAclArn: v.exactOptional(arn('wafv2')),
  graphApiUrl: v.optional(
    v.pipe(
      v.string('must be text'),
      v.check((url) => URL.parse(url)?.protocol === 'https:', 'must be an address that begins with https://'),
    ),
    'https://graph.facebook.com',
  ),
  runbookUrl: v.optional(text, RUNBOOK),
  metricsNamespace: v.exactOptional(
    v.pipe(
      v.string('must be text'),
      v.regex(/^(?!AWS\/)[\w.\-/#:]{1,255}$/, 'must be letters, digits, ".", "-", "_", "/", "#" or ":", and not AWS/…'),
    ),
  ),
})

/** How a stack is deployed, defaults filled in. `FacebookAudienceSyncProps` says what each one means. */
export type Settings = v.InferOutput<typeof settingsSchema>

/** The settings that may be given. */
export const SETTING_NAMES = Object.keys(settingsSchema.entries) as readonly (keyof Settings)[]

export type ParsedSettings = { ok: true; settings: Settings } | { ok: false; problems: readonly SettingProblem[] }

/** Reads settings: every problem at once, by key, with the fix. */
export function parseSettings(input: Readonly<Record<string, unknown>>): ParsedSettings {
  const known = SETTING_NAMES as readonly string[]
  const unknown = Object.keys(input).filter((key) => !known.includes(key))
  const parsed = v.safeParse(settingsSchema, input)
  const problems = [
    ...(parsed.issues ?? []).map(toProblem),
    ...unknown.map((key) => ({ path: key, message: unknownSetting(key, [...known, 'destinations']) })),
    ...concurrencyProblems(parsed.success ? parsed.output : readable(input)),
  ]
  return problems.length > 0 || !parsed.success ? { ok: false, problems } : { ok: true, settings: parsed.output }
}

function toProblem(issue: v.BaseIssue<unknown>): SettingProblem {
  const path = v.getDotPath(issue) ?? ''
  return { path, message: `${issue.message}, and is ${JSON.stringify(issue.input)}` }
}

/** The two settings of the rule between settings, where they are right by themselves. */
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

// Less, and deliveries are throttled: they count as receives, and end as dead letters that nobody has looked at.
function concurrencyProblems({
  maximumConcurrency,
  consumerConcurrency,
}: Pick<Settings, 'maximumConcurrency' | 'consumerConcurrency'>): SettingProblem[] {
  const least = QUEUES_OF_CONSUMER * maximumConcurrency
  if (consumerConcurrency === undefined || consumerConcurrency >= least) return []
  const queues = `${String(QUEUES_OF_CONSUMER)} queues with a maximumConcurrency of ${String(maximumConcurrency)} each`
  return [{ path: 'consumerConcurrency', message: `must be at least ${String(least)}, for ${queues}; or leave it out` }]
}
