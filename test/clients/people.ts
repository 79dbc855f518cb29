import { createHash } from 'node:crypto'

/** Values that Meta's rules leave as they are, so that the expected hashes are those of these very texts. */
export type Person = Readonly<Record<string, string>>

export const ALL_FIELDS = [
  ...['EMAIL', 'PHONE', 'GEN', 'DOBY', 'DOBM', 'DOBD', 'LN', 'FN', 'FI', 'CT', 'ST', 'ZIP', 'COUNTRY'],
  ...['MADID', 'EXTERN_ID'],
]
/** The fields of most tests. */
export const EMAIL_FN = ['EMAIL', 'FN']

const NOT_HASHED = ['MADID', 'EXTERN_ID']

/** A person with a value in each of Meta's fifteen fields; another one for every number. */
export function person(number: number): Person {
  return {
    EMAIL: `person${number}@example.com`,
    PHONE: `4915112${String(number).padStart(6, '0')}`,
    GEN: 'f',
    DOBY: '1984',
    DOBM: '07',
    DOBD: '09',
    LN: 'novak',
    FN: 'ann',
    FI: 'a',
    CT: 'berlin',
    ST: 'be',
    ZIP: '10115',
    COUNTRY: 'de',
    MADID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    EXTERN_ID: `customer-${number}`,
  }
}

/** People numbered from `first` on, with these fields only. */
export function people(first: number, count: number, fields: readonly string[] = ALL_FIELDS): Person[] {
  return Array.from({ length: count }, (_, index) => pick(person(first + index), fields))
}

/** A person as a member of an audience: hashed, as Meta asks for it. */
export function member(given: Person): Person {
  const cells = Object.entries(given).map(([field, text]) => [field, NOT_HASHED.includes(field) ? text : sha256(text)])
  return Object.fromEntries(cells) as Person
}

export function byEmail(a: Person, b: Person): number {
  return (a.EMAIL ?? '') < (b.EMAIL ?? '') ? -1 : 1
}

function pick(given: Person, fields: readonly string[]): Person {
  return Object.fromEntries(fields.map((field) => [field, given[field] ?? '']))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
