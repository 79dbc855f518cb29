import { whyLeftOut } from '../../explain/left-out.ts'
import type { LeftOut } from '../../explain/left-out.ts'
import type { SchemaField } from '../../../config/schema-field.ts'
import { printable } from '../../terminal/terminal.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import { wrapped } from '../../terminal/wrap.ts'

/** How often there was each reason, the most frequent first, and what it means. */
export function reasonsTable(
  counts: Readonly<Record<string, number>>,
  wordsOf: (key: string) => string | undefined,
  terminal: Terminal,
): string {
  const rows = Object.entries(counts)
    .toSorted(([, one], [, other]) => other - one)
    .map(([key, count]) => ({
      key: printable(key),
      count: count.toLocaleString('en'),
      words: printable(wordsOf(key) ?? ''),
    }))
  const width = Math.max(...rows.map(({ count }) => count.length))
  return rows
    .flatMap(({ key, count, words }) => [
      `  ${count.padStart(width)}  ${key}`,
      ...wrapped(words, (terminal.columns ?? 100) - width - 4)
        .split('\n')
        .map((line) => `  ${' '.repeat(width)}  ${terminal.paint('dim', line)}`),
    ])
    .join('\n')
}

/** What it means that a value was left blank, or is in doubt: for a key such as `PHONE phone_without_country`. */
export function valueReason(key: string): string {
  const [field, reason] = key.split(' ') as [SchemaField, LeftOut | 'phone_without_country']
  if (reason === 'phone_without_country') return 'No country code: sent as it is, and hardly matches.'
  return whyLeftOut(field, reason)
}
