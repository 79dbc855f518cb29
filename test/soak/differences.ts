import type { Audience } from './audiences.ts'
import { identifiersOf, membersByTheRule, rowOf } from './model.ts'
import type { Word } from './model.ts'
import { everythingAbout } from './people.ts'
import type { Storm } from './storm.ts'
import type { Request } from './traffic.ts'

type Sending = Pick<Storm, 'sentAt'> & { requests: readonly Request[]; people: number }

/**
 * Where an audience is not what the model says, each with everything that was ever said of the person. People are
 * compared, not identifiers: a newer add undoes an older removal, so who came back by e-mail may still be in by phone.
 */
export function differences(
  audience: Audience,
  words: readonly Word[],
  members: readonly Readonly<Record<string, unknown>>[],
  sending: Sending,
): string[] {
  const personOf = peopleByIdentifier(audience, sending.people)
  const peopleIn = (list: Iterable<Iterable<string>>) =>
    new Set([...list].flatMap((member) => [...member].map((identifier) => personOf.get(identifier) ?? identifier)))
  const expected = peopleIn(membersByTheRule(words))
  const actual = peopleIn(members.map(identifiersOf))
  const tell = (person: string, what: string) => {
    const told = words.filter(({ identifiers }) => identifiers.some((each) => (personOf.get(each) ?? each) === person))
    return [`audience ${audience.id} (${audience.event}): ${person} ${what}`, ...historyOf(told, sending)].join('\n')
  }
  return [
    ...[...expected.difference(actual)].map((person) => tell(person, 'is not in, and should be:')),
    ...[...actual.difference(expected)].map((person) => tell(person, 'is in, and should not be:')),
  ]
}

/**
 * Who is in an audience whose people share telephones although the last word about the own e-mail address was a removal.
 * Others may be missing: a removal by the shared telephone may take them along.
 */
export function wronglyIn(
  audience: Audience,
  words: readonly Word[],
  members: readonly Readonly<Record<string, unknown>>[],
  sending: Sending,
): string[] {
  const emailsOf = (identifiers: readonly string[]) => identifiers.filter((each) => each.startsWith('EMAIL:'))
  return members.flatMap(identifiersOf).flatMap((identifier) => {
    const told = words.filter(({ identifiers }) => emailsOf(identifiers).includes(identifier))
    const last = told.toSorted((one, other) => other.at - one.at || Number(one.adds) - Number(other.adds))[0]
    if (!last || last.adds) return []
    return [
      [`audience ${audience.id}: ${identifier} is in, and was removed last:`, ...historyOf(told, sending)].join('\n'),
    ]
  })
}

function peopleByIdentifier({ columns }: Audience, people: number): ReadonlyMap<string, string> {
  return new Map(
    Array.from({ length: people }, (_, person) =>
      identifiersOf(rowOf(everythingAbout(person), columns)).map((each) => [each, `person ${person}`] as const),
    ).flat(),
  )
}

function historyOf(words: readonly Word[], { requests, sentAt }: Sending): string[] {
  const requestOf = (id: string) =>
    requests.find(({ happenings }) => happenings.some(({ messageId }) => messageId === id))
  return words
    .toSorted((one, other) => one.at - other.at || Number(other.adds) - Number(one.adds))
    .map(({ at, adds, identifiers, messageId }) => {
      const request = requestOf(messageId)
      const times = (request && sentAt.get(request)) ?? []
      const columns = identifiers.map((identifier) => identifier.split(':')[0]).join(' ')
      const sent = times.map((ms) => new Date(ms).toISOString().slice(11)).join(' and ')
      return `  ${new Date(at).toISOString()} ${adds ? 'added  ' : 'removed'} by ${columns}  ${messageId}, sent at ${sent}`
    })
}
