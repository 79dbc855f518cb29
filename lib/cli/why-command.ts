import * as v from 'valibot'
import { peopleToErase } from './erase-command.ts'
import type { PersonValues } from './erase-command.ts'
import { ask, endpointOf } from './endpoint.ts'
import type { Result, Surroundings } from './surroundings.ts'

const ANSWER = v.object({
  users: v.array(
    v.object({
      index: v.number(),
      erased: v.boolean(),
      by: v.optional(v.array(v.string()), []),
      code: v.optional(v.string()),
    }),
  ),
})
type Asked = v.InferOutput<typeof ANSWER>['users'][number]

/** Asks the service whether people are erased, which is why no add of theirs is sent. */
export async function runWhy(
  files: readonly string[],
  values: PersonValues,
  surroundings: Surroundings,
): Promise<Result> {
  const endpoint = endpointOf(values.url, surroundings)
  const { body } = peopleToErase('why', files, values, surroundings)
  const answered = await ask(endpoint, { method: 'POST', path: '/v1/erased', body }, ANSWER, surroundings.fetch)
  const stdout = values.json && answered.json !== undefined ? JSON.stringify(answered.json, null, 2) : ''
  if (!answered.ok) return { status: answered.status, stdout, stderr: answered.message }
  const { users } = answered.answer
  const isUnusable = users.some(({ code }) => code !== undefined)
  return { status: isUnusable ? 1 : 0, stdout: values.json ? stdout : users.map(lineOf).join('\n'), stderr: '' }
}

function lineOf({ index, erased, by, code }: Asked): string {
  const who = `user ${index}:`
  if (code !== undefined) return `${who} has no identifier that can be used, so nobody can tell`
  if (!erased) return `${who} not erased`
  return `${who} erased, by ${by.join(', ')}: no add is sent until you unerase these identifiers`
}
