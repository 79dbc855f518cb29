import * as v from 'valibot'
import { createNearMiss } from './nearest-name.ts'
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
  if (!(PATH_ROOTS as readonly string[]).includes(root))
    return `"${given}" must begin with one of ${PATH_ROOTS.join(', ')}; write "${meantPath(given)}" if you meant that`
  const isOneValue = root.endsWith('Id')
  if (isOneValue && steps.length > 0) return `"${given}" leads into ${root}, which is one value; write "${root}"`
  if ((!isOneValue && steps.length === 0) || steps.some((step) => step.trim() !== step || step === ''))
    return `"${given}" does not say which value: write it like "properties.customer.email"`
  const odd = steps.find((step) => /[[\]*|]|^-\d+$/.test(step))
  return odd === undefined
    ? undefined
    : `"${given}" has "${odd}": only dots, and numbers from 0, lead on, such as "properties.customers[0].email"`
}

const meantRoot = createNearMiss(PATH_ROOTS.map((root) => [root, root]))

/** A path with a root, from what people write who know other tools: `$.properties.x`, `{{event.traits.x}}`, `user_id`. */
function meantPath(given: string): string {
  const steps = given.match(/[^\s.$(){}[\]'"]+/g) ?? ['customer', 'email']
  const at = steps.findIndex((step) => meantRoot(step) !== undefined)
  return [meantRoot(steps[at] ?? '') ?? 'properties', ...steps.slice(at + 1)].join('.')
}
