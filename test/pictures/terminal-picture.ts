import { escaped, picture } from './svg.ts'

const CELL = { width: 8.4, height: 19 }
const MARGIN = 16
const FONT = 'ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace'
const INKS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** The carriage's return and the code before a line that is shown in place of another. */
const ERASED = '\r\x1b[2K'

type Run = { column: number; text: string; classes: readonly string[] }

/** What a terminal of so many columns shows after a command was typed: its text with the colours that it asked for. */
export function terminalPicture(command: string, raw: string, columns: number): string {
  const lines = runsOf(`$ ${command}\n${raw.trimEnd()}`)
  const size = { width: Math.ceil(columns * CELL.width) + 2 * MARGIN, height: lines.length * CELL.height + 2 * MARGIN }
  return picture(size, `${command}, in a terminal`, [
    `<g font-family="${FONT}" font-size="14">`,
    ...lines.flatMap((runs, row) => runs.map((run) => textOf(run, row))),
    '</g>',
  ])
}

/** Each run has its own place and length, so that columns stay straight in every font. */
function textOf({ column, text, classes }: Run, row: number): string {
  const x = (MARGIN + column * CELL.width).toFixed(1)
  const y = (MARGIN + (row + 0.75) * CELL.height).toFixed(1)
  const named = classes.length > 0 ? ` class="${classes.join(' ')}"` : ''
  return `<text${named} x="${x}" y="${y}" textLength="${(text.length * CELL.width).toFixed(1)}">${escaped(text)}</text>`
}

/**
 * Lines as pieces that look alike. Understands the colours and weights of `util.styleText`, which may go over several
 * lines, and lines that were erased to be shown anew.
 */
export function runsOf(raw: string): Run[][] {
  let [ink, weight] = ['', '']
  return raw.split('\n').map((line) => {
    const runs: Run[] = []
    let column = 0
    const shown = line.slice(line.lastIndexOf(ERASED) + 1).replaceAll('\r', '')
    // eslint-disable-next-line no-control-regex -- these are what is read
    for (const [, codes, text = ''] of `\x1b[m${shown}`.matchAll(/\x1b\[([\d;]*)[A-Za-z]([^\x1b]*)/g)) {
      for (const code of codes === '' ? [] : (codes ?? '').split(';').map(Number)) {
        if (code === 0 || code === 39) ink = ''
        if (code === 0 || code === 22) weight = ''
        if (code === 1) weight = 'bold'
        if (code === 2) weight = 'dim'
        if (code >= 30 && code <= 37) ink = INKS[code - 30] ?? ''
      }
      if (text.trim() !== '') runs.push({ column, text, classes: [ink, weight].filter((each) => each !== '') })
      column += text.length
    }
    return runs
  })
}
