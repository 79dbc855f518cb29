import { clockTime, isoTime } from './format.ts'

/** A time on the functions' clock, ms since 1970. The date is in its title. */
export function Moment({ at }: { at: number }) {
  return (
    <time class="number" dateTime={isoTime(at)} title={new Date(at).toString()}>
      {clockTime(at)}
    </time>
  )
}
