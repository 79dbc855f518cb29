import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Direction } from '../../audience/change.ts'
import { createReceiptTable } from '../../aws/receipt-table.ts'
import { createLogTable } from '../../aws/register-table.ts'
import { erasedFrom } from '../../config/audience-mapping.ts'
import type { Destination } from '../../config/destinations-schema.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import type { WaitNote } from '../../register/wait-note.ts'
import type { Stack } from '../stack/stack.ts'
import { readAudiences } from '../status/audiences.ts'
import type { Surroundings } from '../surroundings.ts'
import { carriedIn } from './carried.ts'
import type { Carried } from './carried.ts'
import { isMember, messagesWith } from './local-look-up.ts'
import type { FoundMessage } from './local-look-up.ts'
import { newestWord } from './newest-word.ts'
import type { FoundWord, Wanted } from './newest-word.ts'
import { otherAddOf } from './other-add.ts'
import { otherRemovalOf } from './other-removal.ts'
import type { Known, SentForm } from './sent-forms.ts'

/** A word about the person, and the requests that carried it, as far as can be told. */
export type Told = FoundWord & Carried

/** What is known about a person and an audience. */
export type Facts = {
  destination: Destination
  audienceId: string
  forms: readonly SentForm[]
  add?: Told
  removal?: Told
  /** An add of theirs that may stand, though the removal is newer or names the other add. */
  otherAdd?: FoundWord
  /** A removal that may have taken them out, though it does not name the newest add. Not looked for with an emulator. */
  otherRemoval?: FoundWord
  /** Why people of the audience wait: these, or others. */
  waits?: WaitNote
  /** Messages of the local stack with the person; undefined for a deployed one, whose queues cannot be searched. */
  messages?: readonly FoundMessage[]
  /** Whether the emulator has the person; undefined where there is none. */
  isMember?: boolean
}

/** So many requests after a word are looked at for the one that was delivered. */
const MOST_REQUESTS = 100

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

  async function written(
    destination: Destination,
    audienceId: string,
    direction: Direction,
    named: readonly string[],
  ): Promise<Written | undefined> {
    if (named.length === 0) return undefined
    const wanted = { audienceId, direction, named: new Set(named) }
    const word = await newestWord(log, wanted, signal, (writtenAt) => onItem(audienceId, writtenAt))
    if (!word) return undefined
    const after = await receipts.first(audienceId, { from: word.writtenAt, most: MOST_REQUESTS })
    const requests = after.filter((each) => each.destination === destination.name && each.direction === direction)
    return { word, direction, requests }
  }

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
      const add = await written(destination, audienceId, 'add', named)
      // A removal by another identifier of that add takes the person out, too.
      const removable = [...named, ...(add?.word.identifiers ?? [])]
      const removal = await written(destination, audienceId, 'remove', removable)
      const newest = (direction: Direction, wanted: Pick<Wanted, 'named' | 'fits'>) =>
        newestWord(log, { audienceId, direction, ...wanted }, signal, (writtenAt) => onItem(audienceId, writtenAt))
      const otherAdd = add && removal && (await otherAddOf({ add: add.word, removal: removal.word }, named, newest))
      const isIn = add && (!removal || removal.word.at < add.word.at)
      const otherRemoval = isIn && !stack.isLocal ? await otherRemovalOf(add.word, named, newest) : undefined
      const found = await messagesWith({ add: named, remove: removable }, stack, surroundings.fetch)
      const messages = found?.filter((each) => each.destination === destination.name && each.audience === audienceId)
      const { waits } =
        audiences.find((each) => each.destination === destination.name && each.audienceId === audienceId) ?? {}
      const member = named.length === 0 ? undefined : await isMember(audienceId, forms, stack, surroundings.fetch)
      all.push({
        ...{ destination, audienceId, forms },
        ...(add && { add: told(add, messages) }),
        ...(removal && { removal: told(removal, messages) }),
        ...(otherAdd && { otherAdd }),
        ...(otherRemoval && { otherRemoval }),
        ...(waits && { waits }),
        ...(messages && { messages }),
        ...(member !== undefined && { isMember: member }),
      })
    }
  return all
}

type Written = { word: FoundWord; direction: Direction; requests: readonly Receipt[] }

function told({ word, direction, requests }: Written, messages: readonly FoundMessage[] = []): Told {
  const isOpen = messages.some((each) => each.direction === direction && each.at === word.at)
  return { ...word, ...carriedIn(requests, word.writtenAt, isOpen) }
}
