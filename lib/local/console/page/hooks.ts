import { useEffect, useRef, useState } from 'preact/hooks'
import type { RefObject } from 'preact'
import { parseRoute } from './route.ts'
import type { Route } from './route.ts'

/** The route in the address, as it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = () => setHash(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return parseRoute(hash)
}

/** Goes to a route. `quietly`: Back does not stop here, as for each row that one passes with j and k. */
export function go(hash: string, { quietly = false } = {}): void {
  if (quietly) location.replace(hash)
  else location.hash = hash
}

type Keys = Readonly<Record<string, ((event: KeyboardEvent) => void) | undefined>>

/** Single keys for the whole page. They rest while somebody types, in dialogs, and with Ctrl, Alt or the command key. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
      if (event.target instanceof Element && event.target.closest('input, textarea, select, dialog')) return
      // A button or a link has its own meaning for Enter.
      if (event.key === 'Enter' && event.target instanceof Element && event.target.closest('a, button, summary')) return
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined
      if (!act) return
      event.preventDefault()
      act(event)
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
}

/** The time on the browser's clock, ms since 1970; anew each second while something waits for a time. */
export function useNow(isTicking: boolean): number {
  const [, tick] = useState(0)
  useEffect(() => {
    if (!isTicking) return undefined
    const timer = setInterval(() => tick(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [isTicking])
  return Date.now()
}

/** How large an element is, in pixels. */
export function useSize<E extends HTMLElement>(): [RefObject<E | null>, { width: number; height: number }] {
  const element = useRef<E>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    if (!element.current) return undefined
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height })
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return [element, size]
}
