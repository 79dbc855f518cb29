import { parseDestinations } from './destinations.ts'
import type { ParsedDestinations } from './destinations.ts'
import { repeatedKeys } from './repeated-keys.ts'

/**
 * Reads the text of destinations.json: the result of `parseDestinations`, and keys that stand twice, which JSON.parse
 * hides.
 */
export function parseDestinationsJson(text: string): ParsedDestinations {
  const withoutMark = text.replace(/^\uFEFF/, '')
  let file: unknown
  try {
    file = JSON.parse(withoutMark)
  } catch (error) {
    const message = `is not JSON: ${error instanceof Error ? error.message : String(error)}`
    return { ok: false, problems: [{ path: '(the whole file)', message }], readable: [] }
  }
  const parsed = parseDestinations(file)
  const repeated = repeatedKeys(withoutMark)
  if (repeated.length === 0) return parsed
  return parsed.ok
    ? { ok: false, problems: repeated, readable: parsed.destinations.destinations }
    : { ...parsed, problems: [...repeated, ...parsed.problems] }
}
