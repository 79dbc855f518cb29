import type { Destination } from './destinations-schema.ts'
import type { Found, Partly } from './setting-problem.ts'

/** The rules of what destinations say about consent, each by itself and compared with the others. */
export function consentRules(destinations: readonly Partly<Destination>[], { problems, warnings }: Found): void {
  const spellings = new Map<string, { category: string; path: string }>()
  destinations.forEach(({ consent }, index) => {
    const path = `destinations.${String(index)}.consent.categories`
    const { categories = [] } = consent ?? {}
    const repeated = categories.find((category, at) => categories.indexOf(category) !== at)
    if (repeated !== undefined) problems.push({ path, message: `names "${repeated}" twice` })
    for (const category of new Set(categories)) {
      if (category.trim() !== category)
        warnings.push({
          path,
          message: `has blanks around "${category}", and only a name with the same blanks fits; write "${category.trim()}" if you did not mean them`,
        })
      const alike = category.trim().toLowerCase()
      const other = spellings.get(alike)
      if (other && other.category.trim() !== category.trim())
        warnings.push({
          path,
          message: `names "${category}", and ${other.path} "${other.category}"; case matters, so write both alike if they are one category`,
        })
      if (!other) spellings.set(alike, { category, path })
    }
  })
}
