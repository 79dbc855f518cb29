import { useState } from 'preact/hooks'
import { useSize } from './hooks.ts'
import { visibleRows } from './visible-rows.ts'

/** In pixels, as the styles have it. */
const LINE_HEIGHT = 20

type Mark = { line: number; tone: 'failed' | 'waiting' }
type Props = { text: string; setText: (text: string) => void; marks: readonly Mark[]; label: string }

/** A field for JSON with the numbers of its lines, where lines with mistakes are marked. */
export function CodeField({ text, setText, marks, label }: Props) {
  const [scroll, setScroll] = useState(0)
  const [box, { height }] = useSize<HTMLDivElement>()
  const lines = text.split('\n').length
  const { first, end } = visibleRows(lines, LINE_HEIGHT, scroll, height)
  const toneOf = new Map(marks.toReversed().map(({ line, tone }) => [line, tone]))
  const numbers = Array.from({ length: end - first }, (_, index) => first + index + 1)
  return (
    <div class="code" ref={box}>
      <div class="gutter" aria-hidden="true" style={{ transform: `translateY(${-scroll}px)` }}>
        {numbers.map((line) => (
          <span key={line} data-tone={toneOf.get(line)} style={{ top: `${(line - 1) * LINE_HEIGHT}px` }}>
            {line}
          </span>
        ))}
      </div>
      <textarea
        aria-label={label}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        wrap="off"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onScroll={({ currentTarget }) => setScroll(currentTarget.scrollTop)}
      />
    </div>
  )
}
