import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createReceiptTable } from '../../aws/receipt-table.ts'
import { createLogTable } from '../../aws/register-table.ts'
import { erasedFrom } from '../../config/audience-mapping.ts'
import type { Destination } from '../../config/destinations-schema.ts'
import type { WaitNote } from '../../register/wait-note.ts'
import type { Stack } from '../stack/stack.ts'
import { readAudiences } from '../status/audiences.ts'
import type { Surroundings } from '../surroundings.ts'
import { carriedIn } from './carried.ts'
import type { Carried } from './carried.ts'
import { isMember, messagesWith } from './local-look-up.ts'
import type { FoundMessage } from './local-look-up.ts'
import type { FoundWord } from './newest-word.ts'
import type { Known, SentForm } from './sent-forms.ts'
import { wordsAbout } from './words.ts'
import type { Words, Written } from './words.ts'

/** A word about the person, and the requests that carried it, as far as can be told. */
export type Told = FoundWord & Carried

/** What is known about a person and an audience. */
export type Facts = Pick<Words, 'otherAdd' | 'otherRemoval'> & {
  destination: Destination
  audienceId: string
  forms: readonly SentForm[]
  add?: Told
  removal?: Told
  /** Why people of the audience wait: these, or others. */
  waits?: WaitNote
  /** Messages of the local stack with the person; undefined for a deployed one, whose queues cannot be searched. */
  messages?: readonly FoundMessage[]
  /** Whether the emulator has the person; undefined where there is none. */
  isMember?: boolean
}

/** Gathers what is known of the person, for each audience. Rejects with the SDK's errors. */
export async function gatherFacts(
  stack: Stack,
  known: readonly Known[],
  client: DynamoDBClient,
  surroundings: Surroundings,
  signal: AbortSignal,
  onItem: (audienceId: string, writtenAt: number) => void,
): Promise<Facts[]> {
  const table = stack.output('RegisterTable')
  const log = createLogTable(client, table)
  const receipts = createReceiptTable(client, table, surroundings)
  const audiences = await readAudiences(stack, client, surroundings)

  const all: Facts[] = []
  // One log after the other: each may be long.
  for (const { destination, forms } of known)
    for (const audienceId of erasedFrom(destination)) {
      // A trial run writes nothing down: what is known of its audience is of another destination.
      if (destination.dryRun) {
        all.push({ destination, audienceId, forms })
        continue
      }
      const named = forms.map(({ identifier }) => identifier)
      const register = { log, receipts, signal, onItem: (writtenAt: number) => onItem(audienceId, writtenAt) }
      const target = { destination: destination.name, audienceId }
      const { add, removal, ...others } = await wordsAbout(target, named, stack.isLocal, register)
      const removable = [...named, ...(add?.word.identifiers ?? [])]
      const found = await messagesWith({ add: named, remove: removable }, stack, surroundings.fetch)
      const messages = found?.filter((each) => each.destination === destination.name && each.audience === audienceId)
      const { waits } =
        audiences.find((each) => each.destination === destination.name && each.audienceId === audienceId) ?? {}
      const member = named.length === 0 ? undefined : await isMember(audienceId, forms, stack, surroundings.fetch)
      all.push({
        ...{ destination, audienceId, forms },
        ...(add && { add: told(add, messages) }),
        ...(removal && { removal: told(removal, messages) }),
        ...others,
        ...(waits && { waits }),
        ...(messages && { messages }),
        ...(member !== undefined && { isMember: member }),
      })
    }
  return all
}

function told({ word, direction, requests }: Written, messages: readonly FoundMessage[] = []): Told {
  const isOpen = messages.some((each) => each.direction === direction && each.at === word.at)
  return { ...word, ...carriedIn(requests, word.writtenAt, isOpen) }
}
