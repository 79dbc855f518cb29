import type { Held } from '../../lib/graph-api/obstacle.ts'
import type { Report } from './report.ts'

/** The result of an access to the register's table. */
type Reached<T> = { ok: true; value: T } | { ok: false }

/** Why rows wait when the register's table could not be reached. */
export const UNREACHABLE: Held = { reason: 'register_unreachable', waitSeconds: 60 }

/** Accesses the register's table. A failure is reported and becomes a value. */
export async function reach<T>(report: Report, access: () => Promise<T>): Promise<Reached<T>> {
  try {
    return { ok: true, value: await access() }
  } catch (error) {
    report.registerFailed(error instanceof Error ? error.name : 'unknown')
    return { ok: false }
  }
}
