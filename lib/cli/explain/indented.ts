import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wrapped } from '../terminal/wrap.ts'

/** A sentence behind an indentation, in lines that fit a terminal; in one line elsewhere. */
export function indented(text: string, indentation: string, { columns = Infinity }: Pick<Terminal, 'columns'>): string {
  return wrapped(printable(text), columns, indentation)
}
