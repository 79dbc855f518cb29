import { expect, test } from 'vitest'
import type { Direction } from '../../../lib/audience/change.ts'
import { otherAddOf } from '../../../lib/cli/why/other-add.ts'

const word = (at: number, ...identifiers: string[]) => ({ at, writtenAt: at, identifiers })
const ADD = word(2, 'email', 'phone')
const BY_PHONE = word(3, 'phone')

/** Asks for `email`, with these words beside an add by both and the removal. */
function asked(removal: ReturnType<typeof word>, more: Partial<Record<Direction, ReturnType<typeof word>[]>>) {
  const log = { add: [ADD, ...(more.add ?? [])], remove: [removal, ...(more.remove ?? [])] }
  return otherAddOf({ add: ADD, removal }, ['email'], (direction, { named, fits = () => true }) =>
    Promise.resolve(
      log[direction]
        .filter((each) => each.identifiers.some((identifier) => named.has(identifier)) && fits(each, each.writtenAt))
        .toSorted((one, other) => other.at - one.at)[0],
    ),
  )
}

test('an older add that the removal does not name may stand', async () => {
  expect(await asked(BY_PHONE, { add: [word(1, 'email')] })).toMatchObject({ at: 1 })
})

test('a newer add brings back the identifier by which they were removed', async () => {
  expect(await asked(BY_PHONE, { add: [word(4, 'phone', 'id')] })).toMatchObject({ at: 4 })
})

test('no add stands that was removed itself, nor any when the removal names them', async () => {
  expect(await asked(BY_PHONE, { add: [word(1, 'email')], remove: [word(1, 'email')] })).toBeUndefined()
  expect(await asked(word(3, 'email'), { add: [word(1, 'email')] })).toBeUndefined()
  expect(await asked(BY_PHONE, {})).toBeUndefined()
})
