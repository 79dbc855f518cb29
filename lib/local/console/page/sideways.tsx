import type { ComponentChildren } from 'preact'
import { useSize } from './hooks.ts'

/** What may be wider than its place, such as a table. Where it is, the keyboard can move it. */
export function Sideways({
  label,
  name = '',
  children,
}: {
  label: string
  name?: string
  children: ComponentChildren
}) {
  const [box, { width }] = useSize<HTMLDivElement>()
  const { scrollWidth = 0, scrollHeight = 0, clientWidth = 0, clientHeight = 0 } = box.current ?? {}
  const moves = width > 0 && (scrollWidth > clientWidth || scrollHeight > clientHeight)
  return (
    <div class={`sideways ${name}`} ref={box} {...(moves && { role: 'region', 'aria-label': label, tabIndex: 0 })}>
      {children}
    </div>
  )
}
