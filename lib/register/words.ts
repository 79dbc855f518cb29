import type { Change } from '../audience/change.ts'
import { eachEntry, keyOf } from './entries.ts'

/** What other events said of a person: when last, and by which keys those newer than the change named the person. */
export type Word = { at: number; keys: readonly string[] }

/** The words of the other direction about a change's person. */
export type OtherWords = {
  /** About each of the change's identifiers that there is a word about. */
  newest: Map<string, Word>
  /** A word that is no newer than the change was written so recently that its request may still be on its way. */
  isOlderUnderWay: boolean
}

/** Gathers from entries what they say about changes. */
export function createWords(changes: readonly Change[]) {
  const changesOf = byKey(changes)
  const words = new Map<Change, OtherWords>()
  return {
    words,
    take: (entries: Uint8Array, isUnderWay: boolean) => {
      eachEntry(entries, (key, at, keys) => {
        for (const { change, identifier } of changesOf.get(key) ?? []) {
          const other = words.get(change) ?? { newest: new Map<string, Word>(), isOlderUnderWay: false }
          const { at: known = -Infinity, keys: named = [] } = other.newest.get(identifier) ?? {}
          const all = at > change.at ? [...new Set([...named, ...keys()])].sort() : named
          other.newest.set(identifier, { at: Math.max(at, known), keys: all })
          other.isOlderUnderWay ||= isUnderWay && at <= change.at
          words.set(change, other)
        }
      })
    },
  }
}

type Known = { change: Change; identifier: string }

function byKey(changes: readonly Change[]): Map<string, Known[]> {
  const changesOf = new Map<string, Known[]>()
  for (const change of changes)
    for (const identifier of change.identifiers) {
      const key = keyOf(identifier)
      const known = changesOf.get(key)
      if (known) known.push({ change, identifier })
      else changesOf.set(key, [{ change, identifier }])
    }
  return changesOf
}
