import * as clack from '@clack/prompts'
import { onInterrupt } from '../interruption.ts'
import { UsageError } from '../wrong-use.ts'
import type { Terminal } from './terminal.ts'

/** The person pressed Ctrl-C, Ctrl-D or Escape at a question, or a signal ended it. */
export class Cancelled extends Error {
  override name = 'Cancelled' as const
}

/** Asks yes or no; no is the default. Throws UsageError, naming the option that says yes, where nobody can be asked. */
export async function askYes(question: string, instead: string, terminal: Terminal): Promise<boolean> {
  requirePerson(question, instead, terminal)
  return answerOf((signal) => clack.confirm({ message: question, initialValue: false, signal }))
}

/** Asks for a text. `isSecret` shows stars for it. `suggestion` is taken when nothing is typed. */
export async function askText(
  question: string,
  { instead, isSecret, suggestion }: { instead: string; isSecret?: true; suggestion?: string },
  terminal: Terminal,
): Promise<string> {
  requirePerson(question, instead, terminal)
  if (isSecret) return answerOf((signal) => clack.password({ message: question, signal }))
  const placeholder = suggestion === undefined ? {} : { placeholder: suggestion, defaultValue: suggestion }
  return answerOf((signal) => clack.text({ message: question, ...placeholder, signal }))
}

function requirePerson(question: string, instead: string, { isInteractive }: Terminal): void {
  if (!isInteractive)
    throw new UsageError(`"${question}" cannot be asked here, because this is no terminal: ${instead}`)
}

/**
 * The answer. Left to itself, the library does not notice the end of the input (Ctrl-D), and a signal from outside leaves
 * the terminal without echo and cursor.
 */
async function answerOf<T>(ask: (signal: AbortSignal) => Promise<T | symbol>): Promise<Exclude<T, symbol>> {
  const interrupt = onInterrupt(process)
  const ended = new AbortController()
  let end: NodeJS.Immediate | undefined
  // Input pauses behind an answer, too, which is known before the next turn of the event loop.
  const onPause = () => (end = setImmediate(() => ended.abort()))
  process.stdin.once('pause', onPause)
  try {
    const answer = await ask(AbortSignal.any([interrupt.signal, ended.signal]))
    if (typeof answer === 'symbol') throw new Cancelled()
    return answer as Exclude<T, symbol>
  } finally {
    process.stdin.off('pause', onPause)
    clearImmediate(end)
    interrupt.forget()
  }
}
