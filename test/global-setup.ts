import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLong } from './support/long.ts'

const DURATION = isLong
  ? 'Everything to the full: several minutes on two quiet cores'
  : 'All tests: about 90 s of processor time, two to three minutes on a busy machine. CI tries more: npm run test:long'

/** Says how long it takes; and temporary files of all tests go into one directory, which goes with them. */
export default function setup(): () => void {
  process.stdout.write(`${DURATION}\n`)
  const directory = mkdtempSync(join(tmpdir(), 'facebook-audience-sync-test-'))
  process.env.TMPDIR = directory
  return () => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
