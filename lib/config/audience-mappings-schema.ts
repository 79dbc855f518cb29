import * as v from 'valibot'

const EXAMPLE = '"23846440602800582"'

// A JSON number above 2^53 has already lost digits when it is read, so ids are text.
const audienceId = v.pipe(
  v.string(`must be the audience id in quotes, such as ${EXAMPLE}`),
  v.regex(/^\d{5,20}$/, `must be a custom audience id: digits only, such as ${EXAMPLE}`),
)

const audiences = v.union(
  [
    v.pipe(
      audienceId,
      v.transform((id) => [id]),
    ),
    v.pipe(v.array(audienceId), v.minLength(1, 'needs at least one audience id')),
  ],
  `must be a custom audience id in quotes, such as ${EXAMPLE}, or a list of them`,
)

/** An event that is mapped to audiences. With an action, an event without user lists is about one person. */
const mappedEvent = v.union(
  [
    v.pipe(
      audiences,
      v.transform((ids): EventMapping => ({ audiences: ids })),
    ),
    v.strictObject({ audiences, action: v.picklist(['add', 'remove']) }),
  ],
  ({ input }) => eventProblem(input),
)

/** What an event leads to: the audiences of its lists and, where it has an action, of the person whom it is about. */
export type EventMapping = { audiences: string[]; action?: 'add' | 'remove' }

const name = v.pipe(v.string(), v.minLength(1, 'a name may not be empty'))

export const events = v.optional(
  v.pipe(
    v.record(v.pipe(v.string(), v.minLength(1, 'an event name may not be empty')), mappedEvent),
    v.description(
      'Event name (exact, case-sensitive) to one custom audience id or a list of them; or to {"audiences", "action"}, so that an event without lists adds or removes the person whom it is about',
    ),
  ),
  {},
)

export const memberships = v.optional(
  v.pipe(
    v.record(name, audiences),
    v.description('Audience key of Segment, RudderStack or Hightouch to one custom audience id or a list of them'),
  ),
  {},
)

export const sourceAudience = v.optional(
  v.pipe(
    v.record(name, audiences),
    v.description(
      'Source to one custom audience id or a list of them, for record and audiencelist calls, which name no event',
    ),
  ),
  {},
)

function eventProblem(input: unknown): string {
  const shape = `{"audiences": ${EXAMPLE}, "action": "add"}`
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return v.safeParse(audiences, input).issues?.[0].message ?? ''
  const { audiences: ids, action, ...others } = input as Record<string, unknown>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return `has "${unknown}", which is not a setting; write it as ${shape}`
  if (!v.is(audiences, ids)) return `needs "audiences", an id in quotes or a list of them: ${shape}`
  if (action === undefined)
    return 'needs an "action", "add" or "remove"; for user lists alone, write the id without braces'
  return `has the "action" ${JSON.stringify(action)}, which must be "add" or "remove"`
}
