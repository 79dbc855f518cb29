import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Destinations } from './destinations-schema.ts'

/** The destinations as the text that is bundled with the functions. */
export function bundledJson(destinations: Destinations): string {
  return JSON.stringify(destinations)
}

/**
 * The destinations. They were validated when the stack was synthesised, and lie beside the function's code, in the
 * folder that Lambda names in LAMBDA_TASK_ROOT.
 */
export function readBundledDestinations(env: Readonly<Record<string, string | undefined>>): Destinations {
  return JSON.parse(readFileSync(join(env.LAMBDA_TASK_ROOT ?? '.', 'destinations.json'), 'utf8')) as Destinations
}
