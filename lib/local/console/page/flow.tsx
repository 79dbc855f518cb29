import { useRef } from 'preact/hooks'

type Props = {
  area: string
  /** When it grows, something moves from one part to the next. */
  count: number
  /** It goes back as well. */
  both?: boolean
}

const DOTS = 3

/** The line between two parts of the pipeline. A dot travels along it when something does. */
export function Flow({ area, count, both = false }: Props) {
  const seen = useRef({ count, dots: [] as number[], next: 0 })
  const { current } = seen
  if (count > current.count) {
    current.dots = [...current.dots, current.next].slice(-DOTS)
    current.next += 1
  }
  current.count = count
  return (
    <span class={`flow ${area}`} data-both={both} aria-hidden="true">
      {current.dots.map((dot) => (
        <i key={dot} />
      ))}
    </span>
  )
}
