import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Explanation } from './explain.ts'
import { indented } from './indented.ts'
import { placeText } from './user-table.ts'

/** Why nothing of the body can be used, and of which events nothing follows. */
export function unusedText({ error, rejected, ignored, more }: Explanation, terminal: Terminal): string[] {
  const { paint } = terminal
  const sentence = (text: string) => indented(text, '  ', terminal)
  return [
    ...(error ? [paint('red', `Not usable: ${error.code}`), sentence(error.message)] : []),
    ...rejected.flatMap(({ index, code, message, field, suggestion, keys = [] }) => [
      paint('red', `${index < 0 ? 'The body' : `Event ${index}`} is rejected: ${code}`),
      sentence(message),
      ...(field === undefined ? [] : [sentence(`It is about "${field}".${meant(suggestion)}`)]),
      ...(keys.length > 0 ? [sentence(`It has: ${keys.join(', ')}.`)] : []),
    ]),
    ...(more.rejected > 0 ? [`… and ${more.rejected} more rejected events`] : []),
    ...ignored.flatMap((event) => {
      const { index, code, suggestion, mapped = [] } = event
      const names = mapped.length > 0 ? ` Mapped are: ${mapped.join(', ')}.` : ''
      return [
        paint('yellow', `Event ${index} is ignored: ${code}`),
        sentence(`Nothing follows from ${whatOf(event)}.${names}${meant(suggestion)}`),
      ]
    }),
    ...(more.ignored > 0 ? [`… and ${more.ignored} more ignored events`] : []),
  ]
}

function whatOf({ event, type, key }: Explanation['ignored'][number]): string {
  if (event !== undefined) return `the event name "${event}"`
  if (type !== undefined) return `the call type "${type ?? ''}"`
  return key ? `the audience key "${key}"` : 'a call without an audience key'
}

/** What may not be as it was meant. */
export function warningsText({ warnings, more }: Explanation, most: number, terminal: Terminal): string[] {
  const hidden = more.warnings + Math.max(0, warnings.length - most)
  return [
    ...warnings.slice(0, most).flatMap((warning) => {
      const about = aboutOf(warning)
      return [
        terminal.paint('yellow', `Warning: ${printable(warning.code)}`),
        indented(warning.message, '  ', terminal),
        ...(about === '' ? [] : [indented(about, '  ', terminal)]),
      ]
    }),
    ...(hidden > 0 ? [`… and ${hidden} more warnings`] : []),
  ]
}

function aboutOf(warning: Explanation['warnings'][number]): string {
  const { field, suggestion, count = 1, list, index, destination, category, said, given } = warning
  if (list !== undefined) return `It is in ${placeText({ list, index })}.`
  if (said !== undefined) {
    const what = category === undefined ? 'their own consent' : `"${category}"`
    const value = given === undefined ? '' : ` It is "${given}", at ${field ?? ''}.`
    return `Destination ${destination ?? ''}, ${count} of the users: ${what} is ${said}.${value}`
  }
  if (destination !== undefined && warning.count !== undefined)
    return `Destination ${destination}, ${count} of the users.`
  return field === undefined ? '' : `It is "${field}", in ${count} of the users.${meant(suggestion)}`
}

function meant(suggestion: string | undefined): string {
  return suggestion === undefined ? '' : ` Did you mean ${suggestion}?`
}
