import { Command } from '@commander-js/extra-typings'
import * as v from 'valibot'
import { examples } from '../help.ts'
import { ask, endpointOf } from '../stack/endpoint.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { WARNING, peopleToErase, warningLine } from './erase-command.ts'
import type { PersonValues } from './erase-command.ts'
import { EMAIL, EXTERN_ID, MADID, PHONE } from './person-options.ts'

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
type Asked = v.InferOutput<typeof ANSWER>['users'][number]

/** `why`: whether people are erased. */
export function whyCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('why')
    .description('say whether people are erased, and by which identifier')
    .argument('[users.json]', 'a list of users, or - for standard input')
    .addOption(EMAIL)
    .addOption(PHONE)
    .addOption(EXTERN_ID)
    .addOption(MADID)
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('why --email ann@example.com'))
    .action(async (file, options) => end(await runWhy(file, options, surroundings)))
}

/** Asks the service whether people are erased, which is why no add of theirs is sent. */
async function runWhy(file: string | undefined, values: PersonValues, surroundings: Surroundings): Promise<Result> {
  const endpoint = await endpointOf(values, surroundings, ({ mayErase }) => mayErase)
  const { body } = peopleToErase('why', file, values, surroundings)
  const answered = await ask(endpoint, { method: 'POST', path: '/v1/erased', body }, ANSWER, surroundings.fetch)
  const stdout = values.json && answered.json !== undefined ? JSON.stringify(answered.json, null, 2) : ''
  if (!answered.ok) return { status: answered.status, stdout, stderr: answered.message }
  const { users } = answered.answer
  const isUnusable = users.some(({ code }) => code !== undefined)
  return { status: isUnusable ? 1 : 0, stdout: values.json ? stdout : users.map(lineOf).join('\n'), stderr: '' }
}

function lineOf({ warnings, ...asked }: Asked): string {
  return [statement(asked), ...warnings.map((warning) => `  ${warningLine(warning)}`)].join('\n')
}

function statement({ index, erased, by, code }: Omit<Asked, 'warnings'>): string {
  const who = `user ${index}:`
  if (code !== undefined) return `${who} has no identifier that can be used, so nobody can tell`
  if (!erased) return `${who} not erased`
  return `${who} erased, by ${by.join(', ')}: no row with these is added until you unerase them`
}
