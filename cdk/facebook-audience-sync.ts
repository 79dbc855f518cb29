import { Annotations, Stack } from 'aws-cdk-lib'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { Destinations } from '../lib/config/destinations-schema.ts'
import { VERSION_DAYS_LIMIT, versionEnd } from '../lib/graph-api/versions.ts'
import { AccessTokens } from './access-tokens.ts'
import { alarmTopic } from './alarm-topic.ts'
import { Alarms } from './alarms.ts'
import { Consumer } from './consumer.ts'
import { Dashboard } from './dashboard.ts'
import { notDeployable } from './deployable.ts'
import { Encryption } from './encryption.ts'
import { arnsFromElsewhere } from './given-arn.ts'
import { Health } from './health.ts'
import { Register } from './register.ts'
import { SETTING_NAMES, SettingsError, parseSettings, problemLines } from './settings.ts'
import type { Settings } from './settings.ts'
import { TrackApi } from './track-api.ts'
import { TrackQueues } from './track-queues.ts'

export type FacebookAudienceSyncProps = {
  /** Sources and destinations, as `parseDestinations` of lib/config gives them. */
  destinations: Destinations
  /**
   * Requests per second that the endpoint takes in the long run. More are answered 429, and SDKs repeat them.
   * @default 100
   */
  throttleRate?: number
  /**
   * Requests that may come at once.
   * @default 200
   */
  throttleBurst?: number
  /**
   * Consumers that run at once for each of the four queues.
   * @default 2, Lambda's smallest: one slow audience does not hold back the others
   */
  maximumConcurrency?: number
  /**
   * Environments reserved for ingest, which is also the most it may have.
   * @default none is reserved
   */
  ingestConcurrency?: number
  /**
   * Environments reserved for the consumer; at least four times `maximumConcurrency`.
   * @default none is reserved
   */
  consumerConcurrency?: number
  /**
   * Seconds for which events are gathered before they are merged. Meta itself takes up to a day to apply them.
   * @default 60
   */
  trackWindowSeconds?: number
  /**
   * Seconds for which waiting rows are gathered.
   * @default 5
   */
  retryWindowSeconds?: number
  /**
   * Hours after their first failure at which rows go to the dead letters.
   * @default 24
   */
  giveUpAfterHours?: number
  /**
   * `own-key`: a KMS key of the account for queues, register and secrets ($1 a month and $0.03 for 10,000 calls).
   * `aws-owned`: AWS's own keys, without charge.
   * @default own-key
   */
  encryption?: 'own-key' | 'aws-owned'
  /**
   * The ARN of the key that a former `own-key` deployment had, if the stack now has another key or none. Messages that
   * were encrypted with it stay so, and functions may still decrypt them.
   * @default none
   */
  formerKeyArn?: string
  /**
   * Whether the endpoint logs a line for each request: method, status, latency and source address, but never the path.
   * @default true
   */
  accessLogs?: boolean
  /**
   * The role with which API Gateway writes logs, one for an account and region: `create` it, or it `exists`.
   * @default create
   */
  gatewayLogRole?: 'create' | 'exists'
  /**
   * Days for which logs are kept; one of CloudWatch's numbers.
   * @default 30
   */
  logRetentionDays?: number
  /**
   * Gets an e-mail with every alarm; it must confirm the first one.
   * @default nobody
   */
  alarmEmail?: string
  /**
   * SNS topic that gets every alarm, in addition to `alarmEmail`.
   * @default none
   */
  alarmTopicArn?: string
  /**
   * WAFv2 web ACL in front of the endpoint, of the same region.
   * @default none
   */
  webAclArn?: string
  /**
   * Address of the Graph API. It must be https, because personal data is sent to it.
   * @default https://graph.facebook.com
   */
  graphApiUrl?: string
  /**
   * Where people who get an alarm find the runbook.
   * @default cdk/README.md of the `repository` in package.json; its path when there is none
   */
  runbookUrl?: string
  /**
   * CloudWatch namespace of the product's own metrics. Each deployment in an account needs its own.
   * @default the path of this construct, such as FacebookAudienceSync
   */
  metricsNamespace?: string
  /**
   * The day for which the ends of API versions are judged; for tests.
   * @default the day of synthesis
   */
  today?: Date
}

/** Everything that stands between a tracking SDK and Meta's Graph API. */
export class FacebookAudienceSync extends Construct {
  readonly trackApi: TrackApi
  readonly queues: TrackQueues
  readonly register: Register
  readonly consumer: Consumer
  readonly health: Health
  readonly encryption: Encryption
  readonly tokens: AccessTokens
  readonly dashboard: Dashboard
  readonly destinations: Destinations
  /** Where the consumer finds the Graph API. */
  readonly graphApiUrl: string
  /** The topics that get the alarms. */
  readonly alarmTopics: readonly ITopic[]

  /** Throws SettingsError with everything that is wrong with the properties. */
  constructor(scope: Construct, id: string, props: FacebookAudienceSyncProps) {
    super(scope, id)
    const { destinations } = props
    const today = props.today ?? new Date()
    const settings = readSettings(props, today, Stack.of(this))
    const defaults = {
      destinations,
      metricsNamespace: settings.metricsNamespace ?? namespaceOf(this),
      logRetentionDays: settings.logRetentionDays,
    }
    const { graphApiUrl } = settings

    const encryption = new Encryption(this, 'Encryption', settings)
    const { trackWindowSeconds } = settings
    const queues = new TrackQueues(this, 'Queues', { encryption, trackWindowSeconds })
    const register = new Register(this, 'Register', { encryption })
    const trackApi = new TrackApi(this, 'TrackApi', { queues, register, encryption, defaults, settings })
    const tokens = new AccessTokens(this, 'AccessTokens', { destinations, encryption })
    const consumer = new Consumer(this, 'Consumer', { queues, register, tokens, encryption, defaults, settings })
    const health = new Health(this, 'Health', { tokens, encryption, defaults, graphApiUrl })

    const watched = { trackApi, queues, consumer, health, destinations, namespace: defaults.metricsNamespace }
    const { alarmEmail, alarmTopicArn } = settings
    this.alarmTopics = [
      ...(alarmEmail === undefined ? [] : [alarmTopic(this, 'AlarmTopic', alarmEmail)]),
      ...(alarmTopicArn === undefined ? [] : [Topic.fromTopicArn(this, 'GivenTopic', alarmTopicArn)]),
    ]
    const alarms = new Alarms(this, 'Alarms', { watched, settings, topics: this.alarmTopics })
    this.dashboard = new Dashboard(this, 'Dashboard', { watched, alarms: alarms.all })
    this.destinations = destinations
    this.graphApiUrl = graphApiUrl
    this.trackApi = trackApi
    this.queues = queues
    this.register = register
    this.consumer = consumer
    this.health = health
    this.encryption = encryption
    this.tokens = tokens
    warnOfVersions(this, destinations, today)
  }
}

function readSettings(props: FacebookAudienceSyncProps, today: Date, stack: Stack): Settings {
  const given = SETTING_NAMES.filter((name) => props[name] !== undefined).map((name) => [name, props[name]])
  const parsed = parseSettings(Object.fromEntries(given) as Record<string, unknown>)
  const problems = [
    ...(parsed.ok ? arnsFromElsewhere(parsed.settings, stack) : parsed.problems),
    ...notDeployable(props.destinations.destinations, today),
  ]
  if (parsed.ok && problems.length === 0) return parsed.settings
  throw new SettingsError(problemLines('Properties of FacebookAudienceSync', problems).join('\n'))
}

// Two constructs in an app have two paths. CDK leaves "Default" out of names, and so does this.
function namespaceOf(construct: Construct): string {
  return construct.node.path
    .split('/')
    .filter((part) => part !== 'Default')
    .join('/')
    .replace(/[^\w.\-/#:]/g, '_')
}

function warnOfVersions(scope: Construct, { destinations }: Destinations, today: Date): void {
  for (const apiVersion of new Set(destinations.map((destination) => destination.apiVersion))) {
    const end = versionEnd(apiVersion, today.getTime())
    if (end && end.daysLeft >= VERSION_DAYS_LIMIT) continue
    const when = end?.estimated ? `may end from ${end.date} on (estimated by Meta's policy)` : `ends ${end?.date ?? ''}`
    const message = end ? when : 'is newer than the table in lib/graph-api/versions.ts, so its end is not watched'
    Annotations.of(scope).addWarningV2(`facebook-audience-sync:${apiVersion}`, `API version ${apiVersion} ${message}`)
  }
}
