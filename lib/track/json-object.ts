/** A JSON object with any keys. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether there is a value at all, be it an empty one. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
