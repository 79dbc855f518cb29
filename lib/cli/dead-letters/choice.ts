import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import type { Letter } from './letter.ts'

/** Which dead letters are meant; all when nothing is given. */
export type Choice = {
  reason?: string[] | undefined
  destination?: string | undefined
  audience?: string | undefined
  before?: number | undefined
  after?: number | undefined
}

export const REASON = new Option(
  '--reason <reason...>',
  'only those of this reason; graph_190 stands for graph_190_463 too, and crashed for those without a reason',
)
export const DESTINATION = new Option('--destination <name>', 'only those for this destination')
export const AUDIENCE = new Option('--audience <id>', 'only those for this audience')
export const BEFORE = new Option('--before <time>', 'only those given up before this time').argParser(timeOf)
export const AFTER = new Option('--after <time>', 'only those given up after it, such as 2026-11-27T14:00Z').argParser(
  timeOf,
)

/** A day, or a time with its zone. A time without zone would mean another moment on another machine. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?$/i

function timeOf(text: string): number {
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a day or a time with its zone, such as 2026-11-27 or 2026-11-27T14:00Z.')
  return time
}

/** Whether a dead letter is meant. */
export function isChosen(letter: Letter, { reason, destination, audience, before, after }: Choice): boolean {
  const { content, at } = letter
  return (
    (reason === undefined || reason.some((each) => letter.reason === each || letter.reason.startsWith(`${each}_`))) &&
    (destination === undefined || (content?.destinations.includes(destination) ?? false)) &&
    (audience === undefined || (content?.audiences.includes(audience) ?? false)) &&
    (before === undefined || at < before) &&
    (after === undefined || at > after)
  )
}

/** Whether a dead letter that is meant is for other destinations or audiences, too: an event may have gone to several. */
export function isForOthersToo({ content }: Letter, { destination, audience }: Choice): boolean {
  return (
    (destination !== undefined && (content?.destinations.some((each) => each !== destination) ?? false)) ||
    (audience !== undefined && (content?.audiences.some((each) => each !== audience) ?? false))
  )
}
