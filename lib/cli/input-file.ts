import { readFileSync } from 'node:fs'
import { unreadableReason } from '../config/unreadable-file.ts'
import { jsonProblem } from '../track/json-problem.ts'
import { FileError } from './wrong-use.ts'

/** The JSON of a file, or of standard input for `-`. Throws FileError. */
export function readJson(path: string, readStandardInput: () => string): unknown {
  const text = readText(path, readStandardInput).replace(/^\uFEFF/, '')
  try {
    return JSON.parse(text)
  } catch {
    throw new FileError(`${nameOf(path)} ${jsonProblem(text)}`)
  }
}

/** The text of a file, or of standard input for `-`. Throws FileError. */
export function readText(path: string, readStandardInput: () => string): string {
  try {
    return path === '-' ? readStandardInput() : readFileSync(path, 'utf8')
  } catch (error) {
    throw new FileError(`${nameOf(path)} cannot be read: ${unreadableReason(error)}`)
  }
}

/** How a file is named in messages. */
export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}
