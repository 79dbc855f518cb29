import * as clack from '@clack/prompts'
import { UsageError } from '../wrong-use.ts'
import type { Terminal } from './terminal.ts'

/** The person pressed Ctrl-C or Escape at a question. */
export class Cancelled extends Error {
  override name = 'Cancelled' as const
}

/** Asks yes or no; no is the default. Throws UsageError, naming the option that says yes, where nobody can be asked. */
export async function askYes(question: string, instead: string, terminal: Terminal): Promise<boolean> {
  requirePerson(question, instead, terminal)
  return answered(await clack.confirm({ message: question, initialValue: false }))
}

/** Asks for a text. `isSecret` shows stars for it. `suggestion` is taken when nothing is typed. */
export async function askText(
  question: string,
  { instead, isSecret, suggestion }: { instead: string; isSecret?: true; suggestion?: string },
  terminal: Terminal,
): Promise<string> {
  requirePerson(question, instead, terminal)
  if (isSecret) return answered(await clack.password({ message: question }))
  const placeholder = suggestion === undefined ? {} : { placeholder: suggestion, defaultValue: suggestion }
  return answered(await clack.text({ message: question, ...placeholder }))
}

function requirePerson(question: string, instead: string, { isInteractive }: Terminal): void {
  if (!isInteractive)
    throw new UsageError(`"${question}" cannot be asked here, because this is no terminal: ${instead}`)
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new Cancelled()
  return answer as Exclude<T, symbol>
}
