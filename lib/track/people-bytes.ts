import type { Withheld } from './consenting-users.ts'
import { toQueueJson } from './message.ts'
import type { UserList } from './message.ts'
import type { CallPerson } from './person.ts'

/**
 * About as many bytes of queue messages as the people of one request may make. A person is queued once for all destinations
 * that look in the same places, so a request with many people for many such destinations would grow beyond the memory.
 */
export const MOST_PEOPLE_BYTES = 16_000_000
const BYTES_OF_ENTRY = 200
const BYTES_OF_KEY = 20
const BYTES_OF_WITHHELD = 100

/** The message for such a request. */
export const TOO_MANY_PEOPLE =
  'the calls in this request are about too many people for the memory of this service; send fewer calls in a request, of 500 kB at most'

/**
 * About as many bytes as a call takes in queue messages for these people. An entry counts if it names nobody, too: it was
 * read, and many calls that are read for many destinations take as long as those that name somebody.
 */
export function bytesOf(people: readonly CallPerson[], messageId: string | undefined): number {
  let bytes = 0
  for (const { user } of people) {
    bytes += BYTES_OF_ENTRY + queuedBytes(messageId ?? '')
    for (const value of Object.values(user ?? {})) bytes += BYTES_OF_KEY + queuedBytes(value)
  }
  return bytes
}

const PLAIN = /^[ !#-[\]-~]*$/

/** Bytes of a value in a queue message. A character may take twelve there: see `toQueueJson`. */
function queuedBytes(value: unknown): number {
  if (typeof value === 'string' && PLAIN.test(value)) return value.length + 2
  return Buffer.byteLength(toQueueJson(value))
}

/** About as many bytes as one event takes for each destination: its name in the queue, and what is withheld from it. */
export function bytesForDestinations(lists: readonly UserList[], withheld: readonly Withheld[]): number {
  let bytes = withheld.length * BYTES_OF_WITHHELD
  for (const { more = [], destinations = [] } of lists)
    for (const names of [more, destinations]) for (const name of names) bytes += BYTES_OF_KEY + queuedBytes(name)
  return bytes
}
