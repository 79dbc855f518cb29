import { waitAdviceOf } from '../../cli/status/wait-advice.ts'
import { capital } from '../../cli/terminal/capital.ts'
import { adviceOf } from '../../retry/reason-advice.ts'

/** What a reason to wait means and what to do about it, in sentences; undefined without a reason. */
export function waitAdvice(reason: string | undefined, destination: string): string | undefined {
  if (reason === undefined) return undefined
  const { meaning, fix, passes } = waitAdviceOf(reason)
  // Meta's own advice has said already that nobody has to do anything.
  if (passes && meaning.endsWith('.')) return meaning
  return inSentences(meaning, fix.replace('DESTINATION', destination))
}

/** The same of a dead letter, before it is sent again. */
export function letterAdvice(reason: string): string {
  const { meaning, fix } = adviceOf(reason)
  return inSentences(meaning, fix)
}

/** Meta's own advice is a sentence already, and a command is to be typed as it is. */
function inSentences(meaning: string, fix: string): string {
  if (fix.startsWith('npm ')) return `${capital(meaning).replace(/\.$/, '')}: ${fix}`
  return [meaning, fix].map((text) => `${capital(text).replace(/\.$/, '')}.`).join(' ')
}
