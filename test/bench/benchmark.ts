/** One figure of a benchmark. Those of one name are printed in one line. */
export type Measurement = { name: string; value: number; unit: string }

/** What `<name>.bench.ts` exports as its default: `npm run bench -- <name>` runs it alone. */
export type Benchmark = {
  name: string
  run: () => Promise<Measurement[]>
  /** `--quick`: the part of it that CI runs. */
  quick?: () => Promise<Measurement[]>
}

/**
 * Seconds that each variant took, round by round. The variants take turns within a round, each round in another
 * order, so that a machine's slow spells fall on all of them and ratios within a round stay meaningful.
 */
export function interleave<Name extends string>(
  rounds: number,
  variants: (round: number) => Readonly<Record<Name, () => void>>,
): Record<Name, number>[] {
  const warmUps = 3
  const seconds: Record<Name, number>[] = []
  for (let round = 0; round < warmUps + rounds; round++) {
    const entries = Object.entries(variants(round)) as [Name, () => void][]
    const turned = [...entries.slice(round % entries.length), ...entries.slice(0, round % entries.length)]
    const timed = turned.map(([name, run]) => {
      const start = performance.now()
      run()
      return [name, (performance.now() - start) / 1000]
    })
    if (round >= warmUps) seconds.push(Object.fromEntries(timed) as Record<Name, number>)
  }
  return seconds
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
