import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import * as v from 'valibot'
import { unreadableReason } from '../../../config/unreadable-file.ts'
import { FileError } from '../../wrong-use.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const counts = v.record(v.string(), count)

const stateSchema = v.strictObject({
  version: v.literal(1),
  /** Names the run: its messageIds begin with it. */
  run: v.string(),
  file: v.strictObject({ size: count, modifiedAt: v.string(), beginning: v.string() }),
  /** What the command was given. Going on without an option means the same as before. */
  options: v.strictObject({
    target: v.string(),
    source: v.string(),
    event: v.string(),
    list: v.picklist(['add', 'delete']),
    session: v.boolean(),
    map: v.array(v.string()),
    ignore: v.array(v.string()),
    asOf: v.exactOptional(v.string()),
    timeColumn: v.exactOptional(v.string()),
  }),
  /** SHA-256 of what the settings make of the columns: other requests must not get the same messageIds. */
  columns: v.string(),
  estimatedTotal: count,
  /** Everything before this place is acknowledged. */
  position: v.strictObject({ bytes: count, line: count }),
  /** The number of the last request. */
  sequence: count,
  rows: count,
  rejected: count,
  leftOut: counts,
  blank: counts,
  findings: counts,
  sideFileBytes: count,
  startedAt: v.string(),
  updatedAt: v.string(),
  doneAt: v.nullable(v.string()),
})

/** How far a file was sent. It has no personal data. */
export type SendState = v.InferOutput<typeof stateSchema>

export function stateFileOf(path: string): string {
  return `${path}.sent.json`
}

/** The state beside a file; undefined if it was never sent. Throws FileError. */
export function readState(path: string): SendState | undefined {
  const place = stateFileOf(path)
  let text
  try {
    text = readFileSync(place, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new FileError(`${place} cannot be read: ${unreadableReason(error)}`)
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), stateSchema), text)
  if (parsed.success) return parsed.output
  throw new FileError(
    `${place} is not what this command wrote, so nobody knows how far the file was sent.\nTo send the whole file again, which does no harm: --restart`,
  )
}

/**
 * Writes the state in one step: whatever interrupts it, the file is the old one or the new one. Throws FileError, also
 * when another command has written it since: that one goes on from what this one wrote, and must not be set back.
 */
export function createStateWriter(path: string): (state: SendState) => void {
  const place = stateFileOf(path)
  const next = `${place}.new`
  let last: string | undefined
  return (state) => {
    const text = `${JSON.stringify(state, null, 2)}\n`
    try {
      if (last !== undefined && existsSync(place) && readFileSync(place, 'utf8') !== last) throw new OtherCommand()
      rmSync(next, { force: true })
      writeFileSync(next, text, { mode: 0o600, flag: 'wx', flush: true })
      renameSync(next, place)
      last = text
    } catch (error) {
      if (last !== undefined && isOfOtherCommand(error))
        throw new FileError(
          `Another command sends ${path}, too, and goes on from where this one was. This one has ended.\nHow far it was sent: ${place}`,
        )
      throw new FileError(
        `${place} cannot be written: ${unreadableReason(error)}\nIt is needed to go on after an interruption. Copy ${path} to a folder of your own.`,
      )
    }
  }
}

class OtherCommand extends Error {}

/** Two that write at the same moment take each other's new file away. */
function isOfOtherCommand(error: unknown): boolean {
  return error instanceof OtherCommand || ['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')
}
