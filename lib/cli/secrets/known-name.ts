import { createNearMiss } from '../../config/nearest-name.ts'
import { printable } from '../terminal/terminal.ts'
import { UsageError } from '../wrong-use.ts'

/** The one of these that has this name. Throws UsageError with what was probably meant. */
export function named<T extends { name: string }>(what: string, name: string, all: readonly T[]): T {
  const found = all.find((each) => each.name === name)
  if (found) return found
  const names = all.map((each) => each.name)
  const meant = createNearMiss(names.map((each) => [each, each] as const))(name)
  throw new UsageError(
    `There is no ${what} "${printable(name)}". ${meant === undefined ? `There are: ${names.join(', ')}` : `Did you mean ${meant}?`}`,
  )
}
