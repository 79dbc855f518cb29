import type { RowBuilder } from '../../lib/audience/row.ts'
import type { DeleteMessages } from '../../lib/aws/delete-messages.ts'
import type { SendMessages } from '../../lib/aws/queue.ts'
import type { HideMessage } from '../../lib/aws/visibility.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import type { ErasedPeople } from '../../lib/erasure/erased-people.ts'
import type { ErasureRecords } from '../../lib/erasure/record.ts'
import type { DeliveryDependencies } from '../../lib/graph-api/send-part.ts'
import type { UploadSessionTable } from '../../lib/session/upload-session.ts'
import type { Log } from '../../lib/log.ts'
import type { HeadTable } from '../../lib/register/head.ts'
import type { LogTable } from '../../lib/register/log.ts'
import type { Report } from './report.ts'

/** Everything outside the consumer's own decisions. */
export type ConsumerDependencies = {
  settings: Destinations
  /** Makes the rows of a destination, by the destination's name. */
  rowBuilderOf: (destination: string) => RowBuilder
  delivery: DeliveryDependencies
  register: HeadTable & LogTable
  erased: ErasedPeople['read']
  noteErasure: ErasureRecords['note']
  uploadSessions: UploadSessionTable
  sendToRetryQueue: SendMessages
  sendToDeadLetters: SendMessages
  hideInSessionQueue: HideMessage
  hideInRetryQueue: HideMessage
  /** Deletes messages of a queue. The queue is named as in its ARN. */
  deleteMessages: (queue: string) => DeleteMessages
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
  /** After this time it does not wait for an audience that others serve, because a whole turn would not fit. */
  patientUntil: number
  /** After this time no request begins: a slow one would leave no time to store the rest. */
  lastRequestAt: number
}
