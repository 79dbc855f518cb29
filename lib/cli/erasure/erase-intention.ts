import { parseDestinationsJson } from '../../config/destinations-json.ts'
import { STRONG_FIELDS } from '../../config/schema-field.ts'
import { ERASE_PROBLEMS } from '../../erasure/erase-body.ts'
import { createErasure } from '../../erasure/erasure.ts'
import { createNamePeople } from '../../erasure/named-people.ts'
import { isObject } from '../../track/json-object.ts'
import { counted } from '../terminal/counted.ts'
import { warningLine } from './erase-answer.ts'
import type { EraseKind } from './people-to-erase.ts'

const MOST_SHOWN = 10

/**
 * What would be asked for, and what is wrong with it as far as can be seen without the service. It names no value: what
 * came by standard input must not stand in a terminal's or a job's log.
 */
export function intention(
  { kind, url, from }: { kind: EraseKind; url: string; from: string | undefined },
  users: readonly unknown[],
  clock: () => number,
): string {
  const whom = from === undefined ? '1 person' : counted(users.length, 'person', 'people')
  const counts = new Map<string, number>()
  for (const user of users)
    for (const key of isObject(user) ? Object.keys(user) : []) counts.set(key, (counts.get(key) ?? 0) + 1)
  const keys = [...counts].map(([key, count]) => (count === 1 ? key : `${key} (${count.toLocaleString('en')})`))
  const more = keys.length > MOST_SHOWN ? ` and ${keys.length - MOST_SHOWN} more` : ''
  const effect =
    kind === 'erase'
      ? 'out of every audience of each destination that knows them by one of these, and kept out until you unerase them'
      : 'kept out no longer; nobody is added by this'
  return [
    `This asks ${url} to ${kind} ${whom}, by ${keys.slice(0, MOST_SHOWN).join(', ')}${more}: ${effect}.`,
    ...problemsOf(users, clock),
    'Nothing was asked yet. Add --yes to do it.',
  ].join('\n')
}

/** What can be seen of users without the settings of the service. These have all identifiers in their schema. */
const ANY_DESTINATION = parseDestinationsJson(
  JSON.stringify({
    sources: [{ name: 'any' }],
    destinations: [
      {
        ...{ name: 'any', userSchema: STRONG_FIELDS, events: { any: '1000000000000000' } },
        userFields: { EXTERN_ID: ['userId'] },
      },
    ],
  }),
)

function problemsOf(users: readonly unknown[], clock: () => number): string[] {
  if (!ANY_DESTINATION.ok) throw new RangeError('a destination with all identifiers is none')
  const { destinations } = ANY_DESTINATION.destinations
  const { people } = createNamePeople(destinations)(users)
  const { unusable, warnings } = createErasure(destinations, clock)({ id: '', at: clock(), people })
  const nobody = unusable.length === people.length ? [ERASE_PROBLEMS.no_identifier] : []
  return [...nobody, ...warnings.slice(0, MOST_SHOWN).map(warningLine)]
}
