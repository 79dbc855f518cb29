const LONGEST_TEXT = 64
const MOST_TEXTS = 1_000

/**
 * The same pure function, but it remembers its results. It is for fields with few values, such as countries and birth
 * years. Names and cities have so many values that the memory would cost more than the hash it saves. Long texts are
 * not kept, and a full memory starts anew, so it stays small.
 */
export function recall(compute: (text: string) => string): (text: string) => string {
  const results = new Map<string, string>()
  return (text) => {
    const known = results.get(text)
    if (known !== undefined) return known
    const result = compute(text)
    if (results.size === MOST_TEXTS) results.clear()
    if (text.length <= LONGEST_TEXT) results.set(text, result)
    return result
  }
}
