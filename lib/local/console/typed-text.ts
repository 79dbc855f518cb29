import type { Refused } from './refused.ts'

/** What a person pastes is shorter, and every part of it is shown. `curl` and `send` of the command line take more. */
const MOST_CHARACTERS = 200_000
/** An event has ten levels at most. Each level takes a place of the stack, on the page too. */
const MOST_LEVELS = 100

/** Why a text of the editor is not even read, if it is too large or too deep. */
export function tooLarge(text: string): Refused | undefined {
  if (text.length > MOST_CHARACTERS)
    return { refused: `text: may have ${MOST_CHARACTERS} characters at most here; send a larger one with curl` }
  if (levelsOf(text) > MOST_LEVELS) return { refused: `text: may be nested ${MOST_LEVELS} levels deep at most` }
  return undefined
}

/** How deep objects and arrays are nested. Texts within them do not count, nor does what is no JSON. */
function levelsOf(text: string): number {
  let [level, deepest] = [0, 0]
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (part === '[' || part === '{') level += 1
    else if (part === ']' || part === '}') level -= 1
    deepest = Math.max(deepest, level)
  }
  return deepest
}
