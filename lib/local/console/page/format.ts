const NUMBER = new Intl.NumberFormat('en')
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** `12,345` */
export function count(value: number): string {
  return NUMBER.format(value)
}

/** `1 person`, `12 people`, `3 calls` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `1 person`, `12 people` */
export function people(value: number): string {
  return counted(value, 'person', 'people')
}

/** `12:03:10`, in the browser's time zone. */
export function clockTime(at: number): string {
  return TIME.format(at)
}

/** `2026-11-28T12:03:10.000Z`, for the attribute of a time element. */
export function isoTime(at: number): string {
  return new Date(at).toISOString()
}

/** `8 s`, `4 min`, `3 h 10 min`: never longer than needed to know when to look again. */
export function span(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 60) return `${Math.max(0, seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `until 12:08:10, in 4 min`; both times are on the functions' clock. */
export function untilText(until: number, now: number): string {
  return until <= now ? 'goes at any moment' : `until ${clockTime(until)}, in ${span(until - now)}`
}

/** The end of an audience's id, which is where ids of one account differ: `…600582`. */
export function shortId(id: string): string {
  return id.length <= 8 ? id : `…${id.slice(-6)}`
}

/** A long identifier cut in the middle, so that both ends can be compared: `23846440…2582`. */
export function cutMiddle(text: string, start = 8, end = 4): string {
  return text.length <= start + end + 1 ? text : `${text.slice(0, start)}…${text.slice(-end)}`
}
