import * as v from 'valibot'
import { WARNING, warningLine } from '../erasure/erase-answer.ts'
import { ask } from '../stack/endpoint.ts'
import type { Endpoint } from '../stack/endpoint.ts'
import type { Surroundings } from '../surroundings.ts'

const ANSWER = v.object({
  users: v.array(
    v.object({
      index: v.number(),
      erased: v.boolean(),
      by: v.optional(v.array(v.string()), []),
      code: v.optional(v.string()),
      warnings: v.optional(v.array(WARNING), []),
    }),
  ),
})
export type Asked = v.InferOutput<typeof ANSWER>['users'][number]

/** Asks the service whether people are erased, which is why no add of theirs is sent. */
export function askWhetherErased(endpoint: Endpoint, body: unknown, fetch: Surroundings['fetch']) {
  return ask(endpoint, { method: 'POST', path: '/v1/erased', body }, ANSWER, fetch)
}

/** What the service said about one of several people. */
export function erasedLine({ warnings, index, ...asked }: Asked): string {
  return [`user ${index}: ${erasedText(asked)}`, ...warnings.map((warning) => `  ${warningLine(warning)}`)].join('\n')
}

export function erasedText({ erased, by, code }: Omit<Asked, 'index' | 'warnings'>): string {
  if (code !== undefined) return 'has no identifier that can be used, so nobody can tell'
  if (!erased) return 'not erased'
  return `erased, by ${by.join(', ')}: no row with these is added until you unerase them`
}
