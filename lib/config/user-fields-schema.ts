import * as v from 'valibot'
import { nearestFirst } from './nearest-name.ts'
import { column } from './schema-column.ts'
import { PATH_ROOTS, pathSteps } from './user-fields.ts'

const HINT = 'must be a list of paths, such as ["properties.customer.email"]'

const path = v.pipe(
  v.string(HINT),
  v.check(
    (given) => pathProblem(given) === undefined,
    ({ input }) => pathProblem(input) ?? HINT,
  ),
)

/** For each column, the places of a call that may say it; the first that does counts. */
export const userFields = v.optional(
  v.pipe(
    v.record(column, v.pipe(v.array(path, HINT), v.minLength(1, 'needs at least one path'))),
    v.description(
      'Where calls about one person have a field: paths that are looked at in this order, before those of the usual specs',
    ),
  ),
  {},
)

function pathProblem(given: string): string | undefined {
  const [root = '', ...steps] = pathSteps(given)
  if ((PATH_ROOTS as readonly string[]).includes(root))
    return steps.every((step) => /^[^\s[\]]([^[\]]*[^\s[\]])?$/.test(step)) &&
      root.endsWith('Id') === (steps.length === 0)
      ? undefined
      : `"${given}" does not say which value: write it like "properties.customer.email"`
  const bare = given.replace(/^\$\.?/, '')
  const meant = bare === given ? `properties.${bare}` : bare
  const [nearest = ''] = nearestFirst(root, PATH_ROOTS, 1)
  const isCase = nearest.toLowerCase() === root.toLowerCase()
  return (
    `"${given}" must begin with one of ${PATH_ROOTS.join(', ')}; ` +
    `write "${isCase ? [nearest, ...steps].join('.') : meant}" if you meant that`
  )
}
