import { readFileSync } from 'node:fs'
import { parseDestinationsJson } from '../lib/config/destinations-json.ts'
import type { ParsedDestinations } from '../lib/config/destinations.ts'
import { unreadableReason } from '../lib/config/unreadable-file.ts'
import { notDeployable } from './deployable.ts'
import { problemLines } from './settings.ts'

type Usable = Extract<ParsedDestinations, { ok: true }>

/**
 * The destinations of a file if they can be deployed on this day; else everything that is wrong, one problem a line.
 */
export function readDestinations(path: unknown, today: Date): Usable | { ok: false; lines: readonly string[] } {
  if (typeof path !== 'string')
    return { ok: false, lines: [`destinations must be the path of a file, but is ${JSON.stringify(path)}`] }
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { ok: false, lines: [`${path} cannot be read: ${unreadableReason(error)}`] }
  }
  const parsed = parseDestinationsJson(text)
  const given = parsed.ok ? parsed.destinations.destinations : parsed.readable
  const problems = [...(parsed.ok ? [] : parsed.problems), ...notDeployable(given, today)]
  return parsed.ok && problems.length === 0 ? parsed : { ok: false, lines: problemLines(path, problems) }
}
