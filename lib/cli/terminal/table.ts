import { stripVTControlCharacters } from 'node:util'
import type { Terminal } from './terminal.ts'

/** A column of a table. Numbers stand on the right. What is long may be cut in its middle, so that the table fits. */
export type Column = { title: string; align?: 'right'; mayBeCut?: true }

const GAP = '  '
/** Shorter than this, nobody recognises an identifier. */
const LEAST_WIDTH = 7

/**
 * Rows below their titles for a terminal, in its width as far as columns may be cut. Elsewhere full values between tabs,
 * without titles, for other programs.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], terminal: Terminal): string {
  if (terminal.columns === undefined)
    return rows.map((row) => row.map((cell) => stripVTControlCharacters(cell)).join('\t')).join('\n')
  const widths = fitted(
    columns,
    columns.map(({ title }, place) => Math.max(title.length, ...rows.map((row) => widthOf(row[place] ?? '')))),
    terminal.columns,
  )
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, place) => padded(cells[place] ?? '', widths[place] ?? 0, align))
      .join(GAP)
      .trimEnd()
  const titles = terminal.paint('dim', line(columns.map(({ title }) => title)))
  return [titles, ...rows.map(line)].join('\n')
}

/** The widths, made smaller from the widest on until the line fits or nothing more may be cut. */
function fitted(columns: readonly Column[], widths: readonly number[], room: number): number[] {
  const excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - room
  if (excess <= 0) return [...widths]
  const [widest] = widths
    .map((width, place) => ({ width, place }))
    .filter(({ width, place }) => columns[place]?.mayBeCut && width > LEAST_WIDTH)
    .sort((one, other) => other.width - one.width)
  if (!widest) return [...widths]
  return fitted(
    columns,
    widths.map((width, place) => (place === widest.place ? width - 1 : width)),
    room,
  )
}

function padded(cell: string, width: number, align: 'right' | undefined): string {
  const text = widthOf(cell) > width ? cutInTheMiddle(stripVTControlCharacters(cell), width) : cell
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'right' ? `${blanks}${text}` : `${text}${blanks}`
}

function cutInTheMiddle(text: string, width: number): string {
  const start = Math.ceil((width - 1) / 2)
  return `${text.slice(0, start)}…${text.slice(text.length - (width - 1 - start))}`
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}
