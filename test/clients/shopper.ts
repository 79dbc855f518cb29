import { person } from './people.ts'
import type { Person } from './people.ts'

/** A customer of a shop, as its tools know one: by traits, and by a number of their own. */
export type Shopper = {
  userId: string
  traits: { email: string; firstName: string; plan: string }
  /** What an audience holds of it. */
  member: Person
}

/** Another one for every number. */
export function shopper(number: number): Shopper {
  const { EMAIL = '', FN = '', EXTERN_ID = '' } = person(number)
  return {
    userId: EXTERN_ID,
    traits: { email: EMAIL, firstName: FN, plan: 'pro' },
    member: { EMAIL, FN, EXTERN_ID },
  }
}
