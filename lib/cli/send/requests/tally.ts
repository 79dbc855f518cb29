import type { Answer, Finding } from './deliver.ts'
import type { Batch } from './requests.ts'
import type { SendState } from '../state/state-file.ts'

/** Counts in a state what became of batches, and remembers what the service said about each code. */
export function createTally(state: SendState) {
  const messages = new Map<string, string>()

  function add(counts: Record<string, number>, key: string, count: number): void {
    counts[key] = (counts[key] ?? 0) + count
  }

  function note({ code, field, destination, message, suggestion }: Finding, count: number): void {
    const key = [code, destination ?? field].filter((part) => part !== undefined).join(' ')
    add(state.findings, key, count)
    if (message !== undefined)
      messages.set(key, suggestion === undefined ? message : `${message} Meant: ${suggestion}?`)
  }

  return {
    messages: messages as ReadonlyMap<string, string>,
    count(batch: Batch, answer: Answer | undefined): void {
      state.position = batch.end
      state.sequence = batch.sequence ?? state.sequence
      for (const { reason } of batch.leftOut) add(state.leftOut, reason, 1)
      if (!answer) return
      for (const [key, count] of Object.entries(batch.blank)) add(state.blank, key, count)
      const rejected = rejectedRows(batch, answer)
      state.rows += batch.rows - rejected
      state.rejected += rejected
      const said = new Map<string, number>()
      for (const warning of answer.warnings) {
        note(warning, warning.count)
        said.set(warning.code, (said.get(warning.code) ?? 0) + warning.count)
      }
      for (const rejection of answer.rejected) {
        note(rejection, batch.events[rejection.index ?? -1] ?? 1)
        said.set(rejection.code, (said.get(rejection.code) ?? 0) + 1)
      }
      // Only the first twenty are named; the counts have all.
      for (const [code, count] of Object.entries(answer.counts ?? {}))
        if (count > (said.get(code) ?? 0)) add(state.findings, code, count - (said.get(code) ?? 0))
    },
  }
}

function rejectedRows({ events, rows }: Batch, { accepted, rejected }: Answer): number {
  if (accepted >= events.length) return 0
  if (accepted === 0) return rows
  const missing = events.length - accepted
  const named = rejected.map(({ index = -1 }) => events[index] ?? 0)
  const known = named.reduce((sum, count) => sum + count, 0)
  // Events beyond the named ones have one row or a few each.
  return Math.min(rows, known + Math.max(0, missing - named.length))
}
