import { closeSync, existsSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { unreadableReason } from '../../../config/unreadable-file.ts'
import { FileError } from '../../wrong-use.ts'
import type { LeftOutLine } from './requests.ts'
import type { SourceFile } from '../file/source-file.ts'

/** The lines of a file that are not sent, beside it. It is made when there is a first one. */
export type SideFile = {
  path: string
  /** Its length in bytes. */
  length: () => number
  append: (lines: readonly LeftOutLine[]) => void
  close: () => void
}

/**
 * Opens the side file of a source. `length` is how much of it is of acknowledged lines: the rest was written just before
 * an interruption, and is written again. Throws FileError.
 */
export function openSideFile(
  { path: source, kind }: Pick<SourceFile, 'path' | 'kind'>,
  { length, mayReplace }: { length: number; mayReplace: boolean },
): SideFile {
  const isCsv = kind.format === 'csv'
  const path = `${source}.rejected.${isCsv ? 'csv' : 'ndjson'}`
  const tried = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw new FileError(`${path} cannot be written: ${unreadableReason(error)}`)
    }
  }
  const isThere = existsSync(path)
  if (isThere && length === 0 && !mayReplace)
    throw new FileError(
      `${path} is there, and this command would write it. Move it away, or give --restart to replace it.`,
    )
  // Who has deleted it has read it.
  let bytes = isThere ? length : 0
  let file: number | undefined
  if (isThere && length === 0) tried(() => rmSync(path))
  if (bytes > 0) {
    const open = tried(() => openSync(path, 'r+'))
    tried(() => ftruncateSync(open, bytes))
    file = open
  }
  return {
    path,
    length: () => bytes,
    append(lines) {
      if (lines.length === 0) return
      const open = (file ??= tried(() => openSync(path, 'wx', 0o600)))
      const head = isCsv && bytes === 0 ? 'line,reason,text\n' : ''
      const text = head + lines.map((line) => (isCsv ? csvLine(line) : `${JSON.stringify(line)}\n`)).join('')
      bytes += tried(() => writeSync(open, text, bytes))
    },
    close: () => file !== undefined && closeSync(file),
  }
}

function csvLine({ line, reason, text }: LeftOutLine): string {
  return `${line},${reason},"${text.replaceAll('"', '""')}"\n`
}
