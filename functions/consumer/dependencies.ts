import type { RowMaker } from '../../lib/audience/lot.ts'
import type { Acknowledge } from '../../lib/aws/acknowledge.ts'
import type { SendMessages } from '../../lib/aws/queue.ts'
import type { HideMessage } from '../../lib/aws/visibility.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import type { DeliveryDependencies } from '../../lib/graph-api/send-part.ts'
import type { UploadSessionTable } from '../../lib/session/place.ts'
import type { Log } from '../../lib/log.ts'
import type { HeadTable } from '../../lib/register/head.ts'
import type { LogTable } from '../../lib/register/log.ts'
import type { Report } from './report.ts'

/** Everything outside the consumer's own decisions. */
export type ConsumerDependencies = {
  settings: Destinations
  /** How the rows of a destination are made, by its name. */
  rowsOf: (destination: string) => RowMaker
  delivery: DeliveryDependencies
  register: HeadTable & LogTable
  uploadSessions: UploadSessionTable
  sendToRetryQueue: SendMessages
  sendToDeadLetters: SendMessages
  hideInSessionQueue: HideMessage
  hideInRetryQueue: HideMessage
  /** Deletes messages of a queue, which is named as in its ARN. */
  acknowledge: (queue: string) => Acknowledge
  report: Report
  log: Log
  giveUpAfterSeconds: number
  clock: () => number
  sleep: (ms: number) => Promise<void>
  random: () => number
  newId: () => string
}

/** What belongs to one invocation; times in ms since 1970. */
export type Invocation = {
  endsAt: number
  /** From then on it waits for no audience that others serve: it has no time for a whole turn. */
  patientUntil: number
  /** From then on no request begins: one that takes as long as it may would end too late for storing what is left. */
  lastRequestAt: number
}
