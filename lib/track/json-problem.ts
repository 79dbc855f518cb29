/** Longer texts are not searched for the place of the mistake: a program writes them, not a person. */
const LONGEST_SEARCHED = 100_000

/**
 * Says where a text stops being JSON, with line and column but none of its content. It continues a sentence that begins
 * with the text's name: `is no JSON from line 3, column 14 on`.
 */
export function jsonProblem(text: string): string {
  if (text.trim() === '') return 'is empty'
  const problem = syntaxError(text)
  if (problem === undefined) return 'is neither a JSON object nor an array'
  if (problem.startsWith('Unexpected end')) return 'ends before its JSON does'
  const mistake = mistakeIn(problem, text)
  return mistake ? `is no JSON from line ${mistake.line}, column ${mistake.column} on` : 'is no JSON'
}

/** The same with the place, which is the end of a text that ends too early; undefined for a text that is JSON. */
export function jsonMistake(text: string): { message: string; line: number; column: number } | undefined {
  const problem = syntaxError(text)
  if (problem === undefined) return undefined
  const place = problem.startsWith('Unexpected end') ? placeAt(text.length, text) : mistakeIn(problem, text)
  return { message: jsonProblem(text), ...(place ?? { line: 1, column: 1 }) }
}

function mistakeIn(problem: string, text: string): { line: number; column: number } | undefined {
  const position = Number(/ at position (\d+)/.exec(problem)?.[1] ?? placeOf(UNEXPECTED_TOKEN, problem, text))
  return Number.isNaN(position) ? undefined : placeAt(position, text)
}

function placeAt(position: number, text: string): { line: number; column: number } {
  const before = text.slice(0, position).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function syntaxError(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}

/** V8 gives no position for this error. */
const UNEXPECTED_TOKEN = 'Unexpected token'

// The shortest beginning of the text with the same problem ends at the mistake.
function placeOf(kind: string, problem: string, text: string): number {
  if (!problem.startsWith(kind) || text.length > LONGEST_SEARCHED) return NaN
  let without = 0
  let withIt = text.length
  while (withIt - without > 1) {
    const middle = Math.floor((without + withIt) / 2)
    if (syntaxError(text.slice(0, middle))?.startsWith(kind)) withIt = middle
    else without = middle
  }
  return without
}
