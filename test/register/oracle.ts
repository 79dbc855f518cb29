import type { Named } from './meta-model.ts'

/** What happened to somebody; the time is in ms since the first event. */
export type Event = { at: number; add: boolean; named: Named }

/** Who is in, by the rule: for each person the newest word that names any of their identifiers; at equal times, removal. */
export function peopleInByTheRule(people: ReadonlyMap<string, Named>, events: readonly Event[]): string[] {
  return [...people].flatMap(([person, identifiers]) => {
    const about = events.filter(({ named }) => named.some((identifier) => identifiers.includes(identifier)))
    const newest = Math.max(...about.map(({ at }) => at))
    return about.length > 0 && about.every(({ at, add }) => at < newest || add) ? [person] : []
  })
}

/** Who is in, by what an audience holds. */
export function peopleIn(people: ReadonlyMap<string, Named>, inside: ReadonlySet<string>): string[] {
  return [...people].filter(([, identifiers]) => identifiers.some((each) => inside.has(each))).map(([person]) => person)
}

/** Those of these identifiers of which the newest word that names them is a removal; at equal times, removal. */
export function lastRemoved(identifiers: Named, events: readonly Event[]): string[] {
  return identifiers.filter((identifier) => {
    const about = events.filter(({ named }) => named.includes(identifier))
    const newest = Math.max(...about.map(({ at }) => at))
    return about.some(({ at, add }) => at === newest && !add)
  })
}

/**
 * Whether somebody is in whom events name by different parts; undefined where nothing is promised. In is who was added
 * behind all removals, when that add shares an identifier with each of them. Out is who was not, where one identifier is in
 * all events about them, and who was last removed by every identifier that named them.
 */
export function promisedByParts(identifiers: Named, events: readonly Event[]): boolean | undefined {
  const about = events.filter(({ named }) => named.some((identifier) => identifiers.includes(identifier)))
  const removals = about.filter(({ add }) => !add)
  const isBehind = (add: Event) => (removal: Event) =>
    removal.at < add.at && removal.named.some((identifier) => add.named.includes(identifier))
  if (about.some((event) => event.add && removals.every(isBehind(event)))) return true
  if (identifiers.some((identifier) => about.every(({ named }) => named.includes(identifier)))) return false
  const known = identifiers.filter((identifier) => about.some(({ named }) => named.includes(identifier)))
  return lastRemoved(known, about).length === known.length ? false : undefined
}
