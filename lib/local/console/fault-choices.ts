import { FAULTS } from '../../emulator/meta/faults.ts'
import type { Fault } from '../../emulator/meta/faults.ts'
import type { FaultChoice } from './feed.ts'

/** Every fault of the emulator, and what the consumer gets to see of it, in one line. */
export function faultChoices(): FaultChoice[] {
  return Object.entries<Fault>(FAULTS).map(([fault, what]) => ({ fault, about: `${answerOf(what)}${effectOf(what)}` }))
}

function answerOf({ error, page, connection, delayMs }: Fault): string {
  if (error) {
    const code = [error.code, error.subcode].filter((each) => each !== undefined).join('/')
    return `${error.status}, code ${code}: ${(error.title ?? error.message).replace(/ For more info, .*$/, '')}`
  }
  if (page)
    return `${page.status}, ${page.text === '' ? 'an empty body' : `no error of Meta’s: ${page.contentType.split(';')[0] ?? ''}`}`
  if (connection === 'reset') return 'the connection is reset'
  if (connection === 'hang') return 'no answer ever comes'
  if (connection === 'cut') return 'half an answer, then the connection ends'
  return `the usual answer, ${String((delayMs ?? 0) / 1000)} s late`
}

/** Whether the request still has its effect, where that is a surprise. */
function effectOf({ applies, error, delayMs }: Fault): string {
  if (error || delayMs !== undefined) return ''
  return applies ? '; the people are added or removed all the same' : '; nobody is added or removed'
}
