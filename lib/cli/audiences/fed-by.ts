import type { Destination } from '../../config/destinations-schema.ts'

/** What of a destination's settings leads to an audience, such as `main: USER_ADD`. */
export function fedBy(audienceId: string, destinations: readonly Destination[]): string[] {
  return destinations.flatMap(({ name, events, memberships, sourceAudience }) => {
    const names = [
      ...Object.entries(events).map(([event, { audiences }]) => [event, audiences] as const),
      ...Object.entries(memberships),
      ...Object.entries(sourceAudience).map(([source, audiences]) => [`source ${source}`, audiences] as const),
    ].flatMap(([what, audiences]) => (audiences.includes(audienceId) ? [what] : []))
    return names.length === 0 ? [] : [`${name}: ${names.join(', ')}`]
  })
}
