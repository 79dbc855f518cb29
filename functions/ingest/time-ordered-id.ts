/**
 * A UUID of version 7: it begins with the time, in ms since 1970, so that a later one sorts behind an earlier one. The rest
 * is that of `random`, a UUID of version 4. Source: RFC 9562, section 5.7.
 */
export function timeOrderedId(now: number, random: string): string {
  const time = now.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}
