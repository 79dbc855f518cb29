export type Sizes = readonly (readonly [at: number, members: number])[]

/** The highest value of an axis that has about three round steps up to `highest`, and these steps. */
export function roundSteps(highest: number): { top: number; steps: number[] } {
  const rough = Math.max(1, highest) / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power)
  const top = Math.ceil(Math.max(1, highest) / step) * step
  return { top, steps: Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step) }
}

/** The path of a line that keeps each size until the next one, for an SVG. */
export function stepPath(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => (index === 0 ? `M${x} ${y}` : `H${x}V${y}`)).join('')
}

/** The place of the last point at or before a time; the first one when there is none. */
export function placeAt(sizes: Sizes, at: number): number {
  return Math.max(
    0,
    sizes.findLastIndex(([when]) => when <= at),
  )
}
