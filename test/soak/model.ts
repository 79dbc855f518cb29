import { createHash } from 'node:crypto'
import type { Audience, Column, FeedName } from './audiences.ts'

/** What an event says about a person: only text that needs no normalising. */
export type User = Readonly<Partial<Record<Column, string>>>

/** An event as it happened, whenever and however often it arrives. */
export type Happening = {
  messageId: string
  /** Milliseconds since 1970. */
  at: number
  event: FeedName
  add: readonly User[]
  remove: readonly User[]
}

/** One person in or out, with what a row of the audience knows the person by. */
export type Word = { messageId: string; at: number; adds: boolean; identifiers: readonly string[] }

const HASHED: readonly Column[] = ['EMAIL', 'PHONE', 'FN']
const STRONG: readonly string[] = ['EMAIL', 'PHONE', 'EXTERN_ID', 'MADID'] satisfies Column[]

/**
 * Who is in an audience after everything has arrived, each person with all identifiers. Events count in the order of
 * their times; at equal times and within one event the removal wins. A removal removes every member that shares an
 * identifier. An add joins those that do.
 */
export function membersByTheRule(words: readonly Word[]): ReadonlySet<string>[] {
  const ordered = words.toSorted((one, other) => one.at - other.at || Number(other.adds) - Number(one.adds))
  const memberOf = new Map<string, Set<string>>()
  for (const { adds, identifiers } of ordered) {
    const same = new Set(identifiers.flatMap((identifier) => memberOf.get(identifier) ?? []))
    for (const member of same) for (const identifier of member) memberOf.delete(identifier)
    const joined = new Set([...identifiers, ...[...same].flatMap((member) => [...member])])
    if (adds) for (const identifier of joined) memberOf.set(identifier, joined)
  }
  return [...new Set(memberOf.values())]
}

/** What events say about the people of one audience. Users that its columns say nothing of are left out. */
export function wordsFor({ event: name, columns }: Audience, happenings: readonly Happening[]): Word[] {
  return happenings.flatMap(({ messageId, at, event, add, remove }) => {
    if (event !== name) return []
    const word = (adds: boolean) => (user: User) => {
      const identifiers = identifiersOf(rowOf(user, columns))
      return identifiers.length > 0 ? [{ messageId, at, adds, identifiers }] : []
    }
    return [...add.flatMap(word(true)), ...remove.flatMap(word(false))]
  })
}

/** A row's identifiers; without any of the strong ones it has a first name alone, which matches nobody and is left out. */
export function identifiersOf(row: Readonly<Record<string, unknown>>): string[] {
  const filled = Object.entries(row).filter((entry): entry is [string, string] => entry[1] !== '')
  return filled.flatMap(([column, value]) => (STRONG.includes(column) ? [`${column}:${value}`] : [])).sort()
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A user as a row of these columns. */
export function rowOf(user: User, columns: readonly Column[]): Record<string, string> {
  return Object.fromEntries(
    columns.map((column) => {
      const value = user[column] ?? ''
      return [column, HASHED.includes(column) && value !== '' ? sha256(value) : value]
    }),
  )
}
