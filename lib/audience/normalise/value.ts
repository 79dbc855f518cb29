import { asText, trimmed } from './text.ts'

const DECIMAL = /^(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const LIMITED_DATA_USE = 'LDU'

/**
 * LOOKALIKE_VALUE: a number from 0 on. Anything else is empty, and the row sends 0.
 * Source: Meta's value-based audiences guide.
 */
export function lookalikeValue(given: unknown): number | '' {
  const text = trimmed(asText(given))
  const value = DECIMAL.test(text) ? Number(text) : NaN
  return Number.isFinite(value) ? value : ''
}

/**
 * DATA_PROCESSING_OPTIONS: `["LDU"]` or `[]`, also from the bare word. Anything else is empty, because Meta refuses a
 * request with an unknown option. Source: Meta's data processing options guide.
 */
export function processingOptions(given: unknown): readonly string[] | '' {
  const options: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (options.length === 0) return []
  return options.every((option) => trimmed(asText(option)).toUpperCase() === LIMITED_DATA_USE) ? [LIMITED_DATA_USE] : ''
}

/** DATA_PROCESSING_OPTIONS_COUNTRY: 1 (USA) or 0 (Meta locates). Source: as DATA_PROCESSING_OPTIONS. */
export function processingCountry(given: unknown): number | '' {
  const country = lookalikeValue(given)
  return country === 0 || country === 1 ? country : ''
}

/** DATA_PROCESSING_OPTIONS_STATE: 0 (Meta locates) or a code of 1000 and more. Source: as DATA_PROCESSING_OPTIONS. */
export function processingState(given: unknown): number | '' {
  const state = lookalikeValue(given)
  return Number.isInteger(state) && (state === 0 || Number(state) >= 1000) ? state : ''
}
