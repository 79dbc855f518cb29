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

/** The weaker promise where people share an identifier: nobody is in whose own e-mail was last removed. */
export function lastRemovedByEmail(emails: readonly string[], events: readonly Event[]): string[] {
  return emails.filter((email) => {
    const about = events.filter(({ named }) => named.includes(email))
    const newest = Math.max(...about.map(({ at }) => at))
    return about.some(({ at, add }) => at === newest && !add)
  })
}
