import * as v from 'valibot'

const category = v.pipe(
  v.string('must be the name of a category in quotes'),
  v.check((name) => name.trim() !== '', 'the name of a category may not be blank'),
)

export const consentSchema = v.strictObject({
  categories: v.pipe(
    v.array(category, 'must be a list of categories, such as ["advertising"]'),
    v.minLength(1, 'needs at least one category, such as "advertising"'),
    v.description('Categories (exact, case-sensitive) that a person must all have allowed'),
  ),
  unknown: v.optional(
    v.pipe(
      v.picklist(['drop', 'send'], 'must be "drop" or "send"'),
      v.description('What becomes of people of whose consent a call says nothing'),
    ),
    'drop',
  ),
  onDenial: v.optional(
    v.pipe(
      v.picklist(['keep', 'remove'], 'must be "keep" or "remove"'),
      v.description('Whether a call that tells a denial removes its person from all audiences of the destination'),
    ),
    'keep',
  ),
})

/** Whose consent a destination needs; without it everybody is sent. */
export const consent = v.optional(
  v.pipe(consentSchema, v.description('People are added only with their consent; removals are always sent')),
)

export type ConsentSetting = v.InferOutput<typeof consentSchema>
