import { expect, test } from 'vitest'
import type { Direction } from '../../../lib/audience/change.ts'
import { otherRemovalOf } from '../../../lib/cli/why/other-removal.ts'

const HOUR = 3_600_000
/** A word about an event of this hour, written down in that hour. */
const word = (at: number, identifiers: string[], writtenAt = at) => ({
  at: at * HOUR,
  writtenAt: writtenAt * HOUR,
  identifiers,
})
type Said = ReturnType<typeof word>

/** Asks for `email`, of which the newest add is the first of these. */
function asked(adds: readonly [Said, ...Said[]], removals: readonly Said[]) {
  const log: Record<Direction, readonly Said[]> = { add: adds, remove: removals }
  return otherRemovalOf(adds[0], ['email'], (direction, { named, fits = () => true }) =>
    Promise.resolve(
      log[direction]
        .filter((each) => each.identifiers.some((id) => named.has(id)) && fits(each, each.writtenAt))
        .toSorted((one, other) => other.at - one.at)[0],
    ),
  )
}

const NEWEST = word(3, ['email', 'phone'])
const WITH_ID = word(2, ['email', 'id'])

test('a newer removal by an identifier of an older add may have taken them out, also over several adds', async () => {
  expect(await asked([NEWEST, WITH_ID], [word(4, ['id'])])).toMatchObject({ at: 4 * HOUR })
  expect(await asked([NEWEST, WITH_ID, word(1, ['id', 'device'])], [word(4, ['device'])])).toBeDefined()
})

test('an older removal may have, when it was sent later', async () => {
  expect(await asked([NEWEST, WITH_ID], [word(2, ['id'], 5)])).toBeDefined()
})

test('an older one that was sent before has not, nor one that names the newest add, nor one of somebody else', async () => {
  for (const removal of [word(2, ['id']), word(2, ['id', 'phone'], 5), word(4, ['of-bob'])])
    expect(await asked([NEWEST, WITH_ID], [removal])).toBeUndefined()
})
