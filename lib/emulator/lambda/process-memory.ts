import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * Megabytes of memory that a process takes: on Linux the most that it has held at once, so that a short peak between
 * two looks counts too, and elsewhere what it holds now. Undefined where the system does not tell, or it has ended.
 */
export async function memoryOf(pid: number, platform: NodeJS.Platform = process.platform): Promise<number | undefined> {
  const reading =
    platform === 'linux'
      ? readFile(`/proc/${pid}/status`, 'utf8').then((status) => /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1])
      : promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]).then(({ stdout }) => stdout)
  const kilobytes = Number(await reading.catch(() => undefined))
  return kilobytes > 0 ? kilobytes / 1024 : undefined
}
