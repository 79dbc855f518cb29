import type { Destination } from './destinations-schema.ts'
import { SCHEMA_FIELDS } from './schema-field.ts'
import type { Found, Partly } from './setting-problem.ts'
import { defaultPaths } from './user-fields.ts'

/** The rules of what destinations say about consent, each by itself and compared with the others. */
export function consentRules(destinations: readonly Partly<Destination>[], found: Found): void {
  const { problems, warnings } = found
  const spellings = new Map<string, { category: string; path: string }>()
  destinations.forEach((destination, index) => {
    denialRules(destination, `destinations.${String(index)}.consent.onDenial`, found)
    const { consent } = destination
    const path = `destinations.${String(index)}.consent.categories`
    const { categories = [] } = consent ?? {}
    const repeated = categories.find((category, at) => categories.indexOf(category) !== at)
    if (repeated !== undefined) problems.push({ path, message: `names "${repeated}" twice` })
    for (const category of new Set(categories)) {
      if (category.trim() !== category)
        problems.push({ path, message: `has blanks around "${category}"; write "${category.trim()}"` })
      const alike = category.trim().toLowerCase()
      const other = spellings.get(alike)
      if (other?.path === path && other.category.trim() !== category.trim())
        problems.push({
          path,
          message: `names "${other.category}" and "${category}", which differ by case alone, and a person must allow both; keep the one that your calls have`,
        })
      else if (other && other.category.trim() !== category.trim())
        warnings.push({
          path,
          message: `names "${category}", and ${other.path} "${other.category}"; case matters, so write both alike if they are one category`,
        })
      if (!other) spellings.set(alike, { category, path })
    }
  })
}

function denialRules(
  { consent, userSchema, userFields }: Partly<Destination>,
  path: string,
  { problems, warnings }: Found,
): void {
  if (consent?.onDenial !== 'remove' || !userSchema || !userFields) return
  const strong = userSchema.filter((field) => SCHEMA_FIELDS[field].identifies === 'strong')
  if (strong.length === 0)
    problems.push({
      path,
      message:
        'cannot remove anybody, because userSchema has no field that names one person; add EMAIL, PHONE, MADID or EXTERN_ID there, or write "keep"',
    })
  else if (strong.every((field) => !userFields[field] && defaultPaths(field).length === 0))
    warnings.push({
      path,
      message: `removes users of lists and records alone, because calls about one person do not say ${strong.join(', ')}; name its paths in userFields, such as {"${strong[0] ?? ''}": ["userId"]}`,
    })
}
