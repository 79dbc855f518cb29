// Only a text with such a run of digits can hold a number that a double cannot, so the others are parsed at full speed.
const LONG_NUMBER = /(?:^|[:,[\s])-?\d{16}/

/**
 * Parses JSON, keeping integers beyond 2^53 as text: a `session_id` is a 64-bit integer, and Meta's own PHP reads one
 * exactly where JavaScript would round it.
 */
export function parseLosslessJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? (context?.source ?? value)
      : value,
  )
}

/** Whether a parsed value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
