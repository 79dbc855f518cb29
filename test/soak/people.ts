import type { User } from './model.ts'

type Random = () => number

const NAMES = ['ada', 'bob', 'cleo', 'dan', 'eve', 'finn', 'gus', 'hana']

/** Everything that is known of a person. */
export function everythingAbout(person: number): User {
  const digits = String(person).padStart(8, '0')
  return {
    EMAIL: `person${person}@example.com`,
    PHONE: `49151${digits}`,
    EXTERN_ID: `customer-${person}`,
    MADID: `aaaaaaaa-bbbb-4ccc-8ddd-0000${digits}`,
    FN: NAMES[person % NAMES.length] ?? '',
  }
}

/**
 * A person as an event names them. Half of the people are added by a part of their identifiers and removed by all of
 * them, the others the other way round. So every removal shares an identifier with every add of the person, and the
 * times alone decide. If both were partial, only a third row could connect an add with its removal, and another order
 * of arrival could not know that.
 */
export function named(person: number, adds: boolean, random: Random): User {
  const known = everythingAbout(person)
  if ((person % 2 === 0) === adds) return known
  const columns = (['EMAIL', 'PHONE', 'EXTERN_ID', 'MADID', 'FN'] as const).filter(() => random() < 0.5)
  return Object.fromEntries(columns.map((column) => [column, known[column]]))
}

const FAMILY_COUNT = 30
const FAMILY_SIZE = 4

/** Somebody with a telephone that the family shares, named by the own e-mail address and mostly by the telephone too. */
export function relative(random: Random): User {
  const family = Math.floor(random() * FAMILY_COUNT)
  const EMAIL = `family${family}-${Math.floor(random() * FAMILY_SIZE)}@example.com`
  return random() < 0.2 ? { EMAIL } : { EMAIL, PHONE: `49171${String(family).padStart(8, '0')}` }
}

/** Users that no audience can use, and that must not keep their neighbours from it. */
export const UNUSABLE_USERS: readonly unknown[] = [null, 17, 'ada', [], {}, { EMAIL: '' }, { EMAIL: null }]
