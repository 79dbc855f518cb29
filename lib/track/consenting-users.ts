import type { Destination } from '../config/destinations-schema.ts'
import { consentTo, mayAdd, ownConsent, ownStatement } from './consent.ts'
import type { CallConsent, Consent, Said } from './consent.ts'

/** Users who are not added to a destination for want of consent. */
export type Withheld = Consent & {
  destination: string
  /** Undefined where the users say it themselves; then the words are those of the first of them. */
  category: string | undefined
  /** Whether it is the person whom a call is about; else these are the places of users in its list. */
  isPerson: boolean
  places: readonly number[]
}

/** Users of a list with all the destinations that they may be added to; `places` is undefined for the whole list. */
export type ConsentingUsers = { destinations: readonly Destination[]; places: readonly number[] | undefined }

/**
 * Who of a list may be added where. Each user is in one part at most, so that a list never grows by being parted. A user's
 * own consent counts in place of the call's.
 */
export function consentingUsers(
  users: readonly unknown[],
  destinations: readonly Destination[],
  call: CallConsent,
): { parts: ConsentingUsers[]; withheld: Withheld[] } {
  const withheld: Withheld[] = []
  const parts = new Map<string, { destinations: readonly Destination[]; places: number[] }>()
  for (const [own, places] of placesByOwnConsent(users)) {
    const words = own === undefined || own === 'allowed' ? undefined : ownStatement(users[places[0] ?? 0])
    const takes = destinations.filter((destination) => {
      const lacking = lackingConsent(destination, own, call)
      if (lacking) withheld.push({ destination: destination.name, ...lacking, ...words, isPerson: false, places })
      return !lacking
    })
    if (takes.length === 0) continue
    const names = JSON.stringify(takes.map(({ name }) => name))
    const before = parts.get(names)?.places ?? []
    parts.set(names, { destinations: takes, places: before.length > 0 ? before.concat(places) : places })
  }
  return {
    parts: [...parts.values()].map(({ destinations: takes, places }) => ({
      destinations: takes,
      places: places.length === users.length ? undefined : places.toSorted((a, b) => a - b),
    })),
    withheld,
  }
}

/** The destinations that the person of a call may be added to. */
export function consentingDestinations(
  destinations: readonly Destination[],
  call: CallConsent,
): { takes: Destination[]; withheld: Withheld[] } {
  const withheld: Withheld[] = []
  const takes = destinations.filter((destination) => {
    const lacking = lackingConsent(destination, undefined, call)
    if (lacking) withheld.push({ destination: destination.name, ...lacking, isPerson: true, places: [0] })
    return !lacking
  })
  return { takes, withheld }
}

function lackingConsent(
  { consent: setting }: Destination,
  own: Said | undefined,
  call: CallConsent,
): Consent | undefined {
  if (!setting) return undefined
  const consent = own === undefined ? consentTo(setting, call) : { said: own, category: undefined }
  return mayAdd(setting, consent) ? undefined : consent
}

function placesByOwnConsent(users: readonly unknown[]): Map<Said | undefined, number[]> {
  const places = new Map<Said | undefined, number[]>()
  users.forEach((user, place) => {
    const own = ownConsent(user)
    const alike = places.get(own)
    if (alike) alike.push(place)
    else places.set(own, [place])
  })
  return places
}
