/** Longer texts are not searched: whoever sends them writes them by a program. */
const LONGEST_SEARCHED = 100_000

/**
 * What is wrong with a text that is no JSON, as the end of a sentence that begins with its name, with the line and the
 * column but nothing of the content: `is no JSON from line 3, column 14 on`.
 */
export function jsonProblem(text: string): string {
  if (text.trim() === '') return 'is empty'
  const problem = syntaxError(text)
  if (problem === undefined) return 'is neither a JSON object nor an array'
  if (problem.startsWith('Unexpected end')) return 'ends before its JSON does'
  const position = Number(/ at position (\d+)/.exec(problem)?.[1] ?? placeOf(UNEXPECTED_TOKEN, problem, text))
  if (Number.isNaN(position)) return 'is no JSON'
  const before = text.slice(0, position).split('\n')
  return `is no JSON from line ${String(before.length)}, column ${String((before.at(-1)?.length ?? 0) + 1)} on`
}

function syntaxError(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}

/** V8 says no position with this one. */
const UNEXPECTED_TOKEN = 'Unexpected token'

// It is where the shortest beginning of the text ends that has the same problem.
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
