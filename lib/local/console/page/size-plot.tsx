import { useState } from 'preact/hooks'
import { clockTime, count } from './format.ts'
import { useSize } from './hooks.ts'
import { placeAt, roundSteps, stepPath } from './size-scale.ts'
import type { Sizes } from './size-scale.ts'

const HEIGHT = 160
const LEFT = 68
const EDGE = 12
const BELOW = 24

/** The size of an audience over time. A sentence says the same to those who do not see it. */
export function SizePlot({ sizes }: { sizes: Sizes }) {
  const [box, { width }] = useSize<HTMLDivElement>()
  const [pointedAt, setPointedAt] = useState<number>()
  const first = sizes[0]
  const last = sizes.at(-1)
  if (!first || !last || sizes.length < 2) return <p class="muted">Its size stands here when it has changed.</p>

  const highest = Math.max(...sizes.map(([, members]) => members))
  const { top, steps } = roundSteps(highest)
  const length = Math.max(1, last[0] - first[0])
  const x = (at: number) => LEFT + ((at - first[0]) / length) * Math.max(0, width - LEFT - EDGE)
  const y = (members: number) => EDGE + (1 - members / top) * (HEIGHT - EDGE - BELOW)
  const line = stepPath(sizes.map(([at, members]) => [round(x(at)), round(y(members))]))
  const pointed = pointedAt === undefined ? undefined : sizes[placeAt(sizes, pointedAt)]
  const timeAt = (event: PointerEvent & { currentTarget: SVGElement }) => {
    const inside = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT
    return first[0] + (inside / Math.max(1, width - LEFT - EDGE)) * length
  }
  const said = `From ${count(first[1])} members at ${clockTime(first[0])} to ${count(last[1])} at ${clockTime(last[0])}; at most ${count(highest)}.`
  return (
    <figure class="plot" ref={box}>
      <svg
        role="img"
        aria-label={said}
        width={width}
        height={HEIGHT}
        onPointerMove={(event) => setPointedAt(timeAt(event))}
        onPointerLeave={() => setPointedAt(undefined)}
      >
        {steps.map((step) => (
          <g key={step}>
            <line class="grid" x1={LEFT} x2={width - EDGE} y1={y(step)} y2={y(step)} />
            <text x={LEFT - 10} y={y(step) + 4} text-anchor="end">
              {count(step)}
            </text>
          </g>
        ))}
        <path class="area" d={`${line}V${y(0)}H${LEFT}Z`} />
        <path class="line" d={line} />
        <text x={LEFT} y={HEIGHT - 4}>
          {clockTime(first[0])}
        </text>
        <text x={width - EDGE} y={HEIGHT - 4} text-anchor="end">
          {clockTime(last[0])}
        </text>
        {pointed && pointedAt !== undefined && (
          <g class="pointed">
            <line x1={x(pointedAt)} x2={x(pointedAt)} y1={EDGE} y2={y(0)} />
            <circle cx={x(pointedAt)} cy={y(pointed[1])} r="4" />
          </g>
        )}
      </svg>
      <figcaption class="muted number">
        {pointed && pointedAt !== undefined
          ? `${count(pointed[1])} members at ${clockTime(Math.min(pointedAt, last[0]))}`
          : said}
      </figcaption>
    </figure>
  )
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10
}
