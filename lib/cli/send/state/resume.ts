import { isDeepStrictEqual } from 'node:util'
import { Cancelled, askYes } from '../../terminal/ask.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import { FileError, UsageError } from '../../wrong-use.ts'
import type { FileIdentity, SourceFile } from '../file/source-file.ts'
import { stateFileOf } from './state-file.ts'
import type { SendState } from './state-file.ts'

/** What a command was given; undefined is what was not said. */
export type GivenOptions = {
  [option in keyof SendState['options']]: SendState['options'][option] | undefined
}

/**
 * The state to go on from: that of an interrupted run of the same file with the same options. Undefined begins a new
 * run. A file that was sent is sent again after a yes, which `isSure` has not said. Throws FileError and UsageError for a
 * run that was another one.
 */
export async function stateToGoOnFrom(
  state: SendState | undefined,
  source: SourceFile,
  given: GivenOptions,
  isSure: boolean,
  terminal: Terminal,
): Promise<SendState | undefined> {
  if (!state) return undefined
  const { path, identity } = source
  const differing = differences(given, state.options)
  const isSame = isSameFile(identity, state.file)
  if (state.doneAt === null) {
    const ways = `To go on, ${isSame ? 'repeat that command' : 'put the file back as it was'}.\nTo begin anew, which does no harm: --restart`
    if (!isSame)
      throw new FileError(
        `${path} has changed since ${state.startedAt}, when a part of it was sent (${stateFileOf(path)}), so nobody knows which part.\n${ways}`,
      )
    if (differing.length > 0)
      throw new UsageError(
        [
          `A part of ${path} was sent otherwise on ${state.startedAt}:`,
          ...differing.map((each) => `  ${each}`),
          ways,
        ].join('\n'),
      )
    return state
  }
  if (!isSame || differing.length > 0) return undefined
  const sent = `was sent on ${state.doneAt.slice(0, 16).replace('T', ' ')} UTC`
  if (isSure) throw new UsageError(`${path} ${sent}; to send it again: --restart`)
  const again = await askYes(`${path} ${sent}. Send it again?`, `it ${sent}; to send it again: --restart`, terminal)
  if (!again) throw new Cancelled()
  return undefined
}

function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return isDeepStrictEqual(one, other)
}

const NAMES: Record<keyof SendState['options'], string> = {
  target: 'the stack',
  source: '--source',
  event: '--event',
  list: '--list',
  session: '--session',
  map: '--map',
  ignore: '--ignore',
  asOf: '--as-of',
  timeColumn: '--time-column',
}

function differences(given: GivenOptions, before: SendState['options']): string[] {
  return (Object.keys(NAMES) as (keyof typeof NAMES)[]).flatMap((option) => {
    const value = given[option]
    if (value === undefined || isDeepStrictEqual(value, before[option])) return []
    return [`${NAMES[option]} was ${textOf(before[option])}, and is ${textOf(value)}`]
  })
}

function textOf(value: string | boolean | readonly string[] | undefined): string {
  if (value === undefined) return 'not given'
  if (typeof value === 'boolean') return value ? 'given' : 'not given'
  return typeof value === 'string'
    ? `"${value}"`
    : value.length === 0
      ? 'not given'
      : value.map((each) => `"${each}"`).join(' ')
}
