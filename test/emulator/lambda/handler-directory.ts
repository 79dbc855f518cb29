import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A deployment package whose index.js is the given code; removed when the test ends. */
export function handlerDirectory(code: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'handler-'))
  writeFileSync(join(directory, 'index.js'), code)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
