import { readFile } from 'node:fs/promises'
import { memoryOf } from '../../lib/emulator/lambda/process-memory.ts'

/** What a process has taken since it began: the most memory at once, and processor time of user and system. */
type ProcessReading = { peakMb: number; processorSeconds: number }

/** The memory that comes with one whole processor. Source: "Configure Lambda function memory". */
export const MB_PER_PROCESSOR = 1_769

/** USER_HZ, in which Linux tells times to programs, on every platform that Node runs on. */
const TICKS_PER_SECOND = 100

/** Reads what Linux says about a process in /proc; undefined when it has ended, and on other systems. */
export async function readProcess(pid: number): Promise<ProcessReading | undefined> {
  const [peakMb, stat] = await Promise.all([
    memoryOf(pid),
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined),
  ])
  if (peakMb === undefined || stat === undefined) return undefined
  // Behind the name, which may hold spaces, come the fields from the third on; the 14th and 15th are the times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { peakMb, processorSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND }
}
