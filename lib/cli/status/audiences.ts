import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createReceiptTable } from '../../aws/receipt-table.ts'
import { createWaitNoteTable } from '../../aws/wait-note-table.ts'
import { erasedFrom } from '../../config/audience-mapping.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import type { WaitNote } from '../../register/wait-note.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'

/** An audience: its last request, and why its people wait where they do. Times in ms since 1970, on the stack's clock. */
export type AudienceStatus = { destination: string; audienceId: string; last?: Receipt; waits?: WaitNote }

/** So many of an audience's newest requests tell the last one of each of its destinations, as a rule. */
const NEWEST = 20

/** What the register says about every audience of the settings. Rejects with the SDK's errors. */
export async function readAudiences(
  { output, settings, clock }: Pick<Stack, 'output' | 'settings' | 'clock'>,
  client: DynamoDBClient,
  waiting: Pick<Surroundings, 'sleep' | 'random'>,
): Promise<AudienceStatus[]> {
  const table = output('RegisterTable')
  const receipts = createReceiptTable(client, table, waiting)
  const notes = createWaitNoteTable(client, table)
  const targets = settings.destinations.flatMap((destination) =>
    erasedFrom(destination).map((audienceId) => ({ destination: destination.name, audienceId })),
  )
  return Promise.all(
    targets.map(async (target) => {
      const { destination, audienceId } = target
      const [newest, note] = await Promise.all([
        receipts.newest(audienceId, { from: 0, most: NEWEST }),
        notes.read(audienceId),
      ])
      const own = newest.filter((receipt) => receipt.destination === destination)
      const waits = note?.destination === destination && isTrue(note, own, clock()) ? note : undefined
      return { ...target, ...(own[0] && { last: own[0] }), ...(waits && { waits }) }
    }),
  )
}

/** A note is over when its time has passed, or when something was delivered since. */
function isTrue({ at, until }: WaitNote, receipts: readonly Receipt[], now: number): boolean {
  return until > now && !receipts.some((receipt) => receipt.outcome === 'delivered' && receipt.at > at)
}
