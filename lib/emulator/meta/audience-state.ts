import { choice, flag, initialValues, orNull, text, wholeNumber } from './setting.ts'
import type { Values } from './setting.ts'

/** The subtypes of an audience. Only CUSTOM takes users. Source: Meta's own code, v26. */
const SUBTYPES = [
  ...(['CUSTOM', 'APP', 'BAG_OF_ACCOUNTS', 'BIDDING', 'CLAIM', 'ENGAGEMENT', 'EXCLUSION', 'FOX', 'LOOKALIKE'] as const),
  ...(['MANAGED', 'MEASUREMENT', 'MESSENGER_SUBSCRIBER_LIST', 'OFFLINE_CONVERSION', 'PARTNER', 'PRIMARY'] as const),
  ...(['REGULATED_CATEGORIES_AUDIENCE', 'STUDY_RULE_AUDIENCE', 'VIDEO', 'WEBSITE'] as const),
] as const

/** What can be set of a single audience, its initial value, and what it takes. The README says what each one means. */
export const AUDIENCE_STATE = {
  name: orNull(text('')),
  description: text(''),
  subtype: { ...choice(...SUBTYPES), takes: 'CUSTOM or another subtype of Meta’s' },
  isValueBased: orNull(flag(true)),
  permission: choice('write', 'read', 'none'),
  operationStatus: wholeNumber(200),
  deliveryStatus: orNull(wholeNumber(200)),
} as const

export type AudienceState = Values<typeof AUDIENCE_STATE>

export const INITIAL_AUDIENCE_STATE = initialValues(AUDIENCE_STATE)

/** The status of an audience that is flagged for its name, description or rule, so that its members cannot change. */
export const INTEGRITY_RESTRICTION = 471
