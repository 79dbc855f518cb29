import { explainUser } from '../../audience/explain-user.ts'
import { identifierOf } from '../../audience/identifiers.ts'
import type { Destination, Destinations } from '../../config/destinations-schema.ts'
import { STRONG_FIELDS } from '../../config/schema-field.ts'
import type { SchemaField } from '../../config/schema-field.ts'
import { createNamePeople } from '../../erasure/named-people.ts'
import { erasureReaders } from '../../track/person.ts'
import { noUserFindings } from '../../track/user-cut.ts'

/** A value of a person as a destination sends it, and the identifier by which the register knows it. */
export type SentForm = {
  field: SchemaField
  normalised: string
  sent: string
  identifier: string
  /** It is a phone number of an unknown country, which hardly matches. */
  lacksCountry?: true
}

/** How a destination knows some people; no forms when its schema has none of their identifiers. */
export type Known = { destination: Destination; forms: readonly SentForm[] }

/**
 * How each destination knows the people whom these users describe. They are read as erasures are, and where a sender
 * formats or hashes by itself, both forms count: see `removalRows`.
 */
export function sentForms(users: readonly unknown[], { destinations }: Destinations, clock: () => number): Known[] {
  const { people } = createNamePeople(destinations)(users)
  const known = new Map<string, readonly SentForm[]>()
  for (const { destinations: alike, read } of erasureReaders(destinations)) {
    const readPeople = people.map((person) => read(person, noUserFindings()))
    for (const destination of alike) known.set(destination.name, formsIn(destination, readPeople, clock))
  }
  return destinations.map((destination) => ({ destination, forms: known.get(destination.name) ?? [] }))
}

function formsIn(destination: Destination, users: readonly unknown[], clock: () => number): SentForm[] {
  const { disableFormat, isHashRequired } = destination
  const ways = disableFormat || !isHashRequired ? [true, false] : [false]
  const forms = new Map<string, SentForm>()
  for (const asGiven of ways) {
    const explain = explainUser({ ...destination, isHashRequired: true, disableFormat: asGiven }, clock)
    for (const { field, normalised, sent, lacksCountry } of users.flatMap(explain)) {
      const identifier = STRONG_FIELDS.includes(field) ? identifierOf(field, sent) : undefined
      if (identifier !== undefined && typeof sent === 'string')
        forms.set(identifier, { field, normalised, sent, identifier, ...(lacksCountry && { lacksCountry }) })
    }
  }
  return [...forms.values()]
}

const LEAST_HIDDEN = 4

/** A value that is recognised by who knows it, and by nobody else. */
export function shortened(value: string): string {
  const kept = value.length > 40 ? 6 : 2
  if (value.length < 2 * kept + LEAST_HIDDEN) return '…'
  return `${value.slice(0, kept)}…${value.slice(-kept)}`
}
