import { createHash } from 'node:crypto'
import { bundledJson } from './bundled-destinations.ts'
import type { Destinations } from './destinations-schema.ts'

/**
 * SHA-256, in hex, of the destinations as they are bundled. Two files have the same hash when they mean the same to the
 * functions: spaces and defaults make no difference.
 */
export function settingsHash(destinations: Destinations): string {
  return createHash('sha256').update(bundledJson(destinations)).digest('hex')
}
