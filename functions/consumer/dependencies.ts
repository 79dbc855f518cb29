import type { SendMessages } from '../../lib/aws/queue.ts'
import type { HideMessage } from '../../lib/aws/visibility.ts'
import type { Rows } from '../../lib/audience/collect.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import type { Deliver } from '../../lib/graph-api/delivery.ts'
import type { UploadSessions } from '../../lib/graph-api/upload-session.ts'
import type { Log } from '../../lib/log.ts'
import type { Register } from '../../lib/register/register.ts'
import type { Report } from './report.ts'

/** Everything outside the consumer's own decisions. */
export type ConsumerDependencies = {
  settings: Destinations
  /** The rows of a destination, by its name. */
  rowsOf: (destination: string) => Rows
  deliver: Deliver
  /** The register of what was added and removed, as an invocation of this id writes to it and reads it until a time. */
  registerFor: (invocationId: string, deadline: number) => Register
  /** Upload sessions, as one invocation knows them. */
  uploadSessionsFor: () => UploadSessions
  sendToRetryQueue: SendMessages
  sendToDeadLetters: SendMessages
  hideInSessionQueue: HideMessage
  hideInRetryQueue: HideMessage
  report: Report
  log: Log
  giveUpAfterSeconds: number
  clock: () => number
  random: () => number
}

/** What belongs to one invocation. */
export type Invocation = {
  /** When its last request must have ended, ms since 1970. */
  deadline: number
  register: Register
  uploadSessions: UploadSessions
}
