/** So many points of an audience are kept. */
const MOST_POINTS = 120
/** A size that does not change is noted no more often. */
const UNCHANGED_MS = 10_000

export type Sizes = [at: number, members: number][]

/**
 * Adds the size of an audience to its history. One that did not change moves the last point. A full history loses every
 * second point, but never the first or the last, so it always tells the whole time.
 */
export function addSize(sizes: Sizes, at: number, members: number): void {
  const [last, before] = [sizes.at(-1), sizes.at(-2)]
  if (last?.[1] === members && at - last[0] < UNCHANGED_MS) return
  if (last?.[1] === members && (before === undefined || before[1] === members)) {
    if (before !== undefined) last[0] = at
    else sizes.push([at, members])
    return
  }
  sizes.push([at, members])
  if (sizes.length <= MOST_POINTS) return
  const kept = sizes.filter((_, index) => index % 2 === 0 || index === sizes.length - 1)
  sizes.splice(0, sizes.length, ...kept)
}
