import type { Withheld } from './consenting-users.ts'
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

/** About as many bytes as these people take in queue messages. */
export function bytesOf(people: readonly CallPerson[]): number {
  let bytes = 0
  for (const { user } of people) {
    bytes += BYTES_OF_ENTRY
    for (const value of Object.values(user ?? {}))
      bytes += BYTES_OF_KEY + (typeof value === 'string' ? value : JSON.stringify(value)).length
  }
  return bytes
}

/** About as many bytes as one event takes for each destination: its name in the queue, and what is withheld from it. */
export function bytesForDestinations(lists: readonly UserList[], withheld: readonly Withheld[]): number {
  let bytes = withheld.length * BYTES_OF_WITHHELD
  for (const { more = [], destinations = [] } of lists)
    for (const names of [more, destinations]) for (const name of names) bytes += BYTES_OF_KEY + name.length
  return bytes
}
