import { Command } from '@commander-js/extra-typings'
import { ERASE_PROBLEMS, usersIn } from '../../erasure/erase-body.ts'
import { examples } from '../help.ts'
import { ask, endpointOf } from '../stack/endpoint.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION, typedFor } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { FileError } from '../wrong-use.ts'
import { ANSWER, effects, problemsIn } from './erase-answer.ts'
import { intention } from './erase-intention.ts'
import { peopleToErase } from './people-to-erase.ts'
import type { EraseKind, PersonValues } from './people-to-erase.ts'
import { EMAIL, EXTERN_ID, MADID, PHONE } from './person-options.ts'

type Values = PersonValues & { yes?: true }

const DESCRIPTIONS = {
  erase: 'remove people from every audience, and keep them out',
  unerase: 'take an erasure back: a later add of these people is sent again; nobody is added by it',
}

/** `erase` and `unerase`. */
export function eraseCommand(kind: EraseKind, surroundings: Surroundings, end: (result: Result) => void) {
  return new Command(kind)
    .description(DESCRIPTIONS[kind])
    .argument('[users.json]', 'a list of users or the body of POST /v1/erase, or - for standard input')
    .addOption(EMAIL)
    .addOption(PHONE)
    .addOption(EXTERN_ID)
    .addOption(MADID)
    .option('--yes', 'do it; without this, the command says what it would ask for, and ends with 1')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples(`${kind} --email ann@example.com --yes`, `${kind} users.json --yes`))
    .action(async (file, options) => end(await runErase(kind, file, options, surroundings)))
}

/** Asks the service to erase people, or to take that back. Without `yes` it says what it would ask for. */
async function runErase(
  kind: EraseKind,
  file: string | undefined,
  values: Values,
  surroundings: Surroundings,
): Promise<Result> {
  const { body, from } = peopleToErase(kind, file, values, surroundings)
  const asked = usersIn(body, kind)
  if (!asked.ok)
    throw new FileError(`${from ?? kind}: ${asked.found ? `${asked.found}; ` : ''}${ERASE_PROBLEMS[asked.problem]}`)
  const endpoint = await endpointOf(values, surroundings, ({ mayErase }) => mayErase)
  if (!values.yes) {
    const stderr = intention({ kind, url: endpoint.url, from }, asked.users, surroundings.clock)
    if (!values.json) return { status: 1, stdout: '', stderr }
    const json = { asked: false, kind, url: endpoint.url, users: asked.users.length, message: stderr }
    return { status: 1, stdout: JSON.stringify(json, null, 2), stderr: '' }
  }
  const answered = await ask(endpoint, { method: 'POST', path: `/v1/${kind}`, body }, ANSWER, surroundings.fetch)
  const stdout = values.json && answered.json !== undefined ? JSON.stringify(answered.json, null, 2) : ''
  if (!answered.ok) return { status: answered.status, stdout, stderr: answered.message }
  const problems = problemsIn(kind, answered.answer)
  return {
    status: problems.length > 0 ? 1 : 0,
    stdout: values.json ? stdout : effects(kind, answered.answer, typedFor(values), surroundings.terminal),
    stderr: problems.join('\n'),
  }
}
