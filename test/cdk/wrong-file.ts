import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'synth-'))
  onTestFinished(() => {
    rmSync(directory, { recursive: true })
  })
  return directory
}

/** A settings file with this content. */
export function aFile(content: string): string {
  const path = join(aDirectory(), 'destinations.json')
  writeFileSync(path, content)
  return path
}

/** Settings with these problems. */
export const WRONG = JSON.stringify({
  sources: [{ name: 'server', allowed: true }],
  destinations: [{ name: 'main', userSchema: ['EMAIL', 'NAME'], events: {} }, { name: '2nd' }],
})
export const PROBLEMS = [
  'sources.0.allowed: is not a setting; remove it, or write "allowedOrigins" if you meant that',
  'destinations.0.userSchema.1: must be one of EMAIL',
  'destinations.0.events: needs at least one event name',
  'destinations.1.name: must be 1 to 64 letters',
  'destinations.1.userSchema: is missing',
  'destinations.1.events: needs at least one event name',
]
