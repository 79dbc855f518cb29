/**
 * How many letters must be put in, left out, exchanged or swapped with their neighbour to make one text of another
 * (optimal string alignment); `most + 1` where it is more than `most`.
 */
export function editDistance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1)
      current.push(least)
    }
    beforeLast = last
    last = current
  }
  return Math.min(last[to.length] ?? 0, most + 1)
}

/** Longer names are nobody's slip of the pen, and comparing them would cost time. */
const LONGEST_NAME = 100

/** Some of the names, those that look most like a given one first; a name in another case looks like it most of all. */
export function nearestFirst(given: string, names: readonly string[], count: number): string[] {
  if (given.length > LONGEST_NAME) return names.slice(0, count)
  const plain = lettersOf(given)
  return names
    .map((name) => ({ name, distance: editDistance(plain, lettersOf(name.slice(0, LONGEST_NAME)), LONGEST_NAME) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name)
}

/** The name that was meant by one with at most two slips, or in another case; undefined where it looks like none. */
export function nearMiss(given: string, names: readonly string[]): string | undefined {
  if (given.length > LONGEST_NAME) return undefined
  const [nearest] = nearestFirst(given, names, 1)
  if (nearest === undefined) return undefined
  const [from, to] = [lettersOf(given), lettersOf(nearest)]
  const slips = to.length < 4 ? 0 : to.length < 8 ? 1 : 2
  return editDistance(from, to, slips) <= slips ? nearest : undefined
}

/** A name in small letters and digits alone: `E-Mail Address` and `email_address` are one. */
export function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}
