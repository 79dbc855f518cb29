/**
 * How many letters must be inserted, deleted, replaced or swapped with their neighbour to make one text of another
 * (optimal string alignment); `most + 1` if it is more than `most`.
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
    // A distance that is too large now cannot become smaller.
    if (Math.min(...current) > most) return most + 1
    beforeLast = last
    last = current
  }
  return Math.min(last[to.length] ?? 0, most + 1)
}

/** Longer names are not typing mistakes, and comparing them would cost time. */
const LONGEST_NAME = 40

/**
 * The names that look most like a given one, the most alike first. A name that differs only in case comes before all
 * others.
 */
export function nearestFirst(given: string, names: readonly string[], count: number): string[] {
  if (given.length > LONGEST_NAME) return names.slice(0, count)
  const plain = lettersOf(given)
  return names
    .map((name) => ({ name, distance: editDistance(plain, lettersOf(name.slice(0, LONGEST_NAME)), LONGEST_NAME) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name)
}

/** From these lengths on, a name with one mistake, or with two, still looks like no other name. */
const ONE_SLIP_FROM = 4
const TWO_SLIPS_FROM = 8

/** How many typing mistakes are allowed in a name of so many letters. */
export function slipsIn(letters: string): number {
  return letters.length < ONE_SLIP_FROM ? 0 : letters.length < TWO_SLIPS_FROM ? 1 : 2
}

/**
 * Finds the name that was meant by an unknown one, from `[name, meant]` and the mistakes that each allows; undefined if
 * it looks like none. A name that differs only in case or punctuation comes first. It is asked for every key of every
 * user, so most names are ruled out by their letters before a distance is computed.
 */
export function createNearMiss<Meant extends string>(
  names: readonly (readonly [name: string, meant: Meant, slips?: number])[],
): (given: string) => Meant | undefined {
  const known = names.map(([name, meant, slips]) => {
    const letters = lettersOf(name)
    return { letters, mask: maskOf(letters), meant, slips: slips ?? slipsIn(letters) }
  })
  const tolerant = known.filter(({ slips }) => slips > 0)
  const exact = new Map([...known].reverse().map(({ letters, meant }) => [letters, meant]))
  return (given) => {
    if (given.length > LONGEST_NAME) return undefined
    const letters = lettersOf(given)
    const found = exact.get(letters)
    if (found !== undefined) return found
    const mask = maskOf(letters)
    const isNear = ({ letters: other, mask: others, slips }: (typeof known)[number]) =>
      Math.abs(letters.length - other.length) <= slips &&
      bitsIn(mask ^ others) <= 2 * slips &&
      editDistance(letters, other, slips) <= slips
    return tolerant.find(isNear)?.meant
  }
}

/** The letters of a text, as bits of a 32-bit number. A typing mistake changes at most two of them. */
function maskOf(letters: string): number {
  let mask = 0
  for (let index = 0; index < letters.length; index += 1) mask |= 1 << (letters.charCodeAt(index) & 31)
  return mask
}

function bitsIn(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1
  return count
}

/** A name in small letters and digits only: `E-Mail Address` and `email_address` become equal. */
export function lettersOf(name: string): string {
  const lower = name.toLowerCase()
  return /^[a-z\d]*$/.test(lower) ? lower : lower.replace(/[^\p{L}\p{N}]/gu, '')
}
