export type Entry = Record<string, unknown>

/** An entry of a batch that is refused, as SQS answers it. */
type RefusedEntry = { Id: unknown; Code: string; Message: string; SenderFault: true }

/** A request without the entries that are refused, or SQS's error for all of it. */
type Admission = { ok: true; input: Entry; refused: RefusedEntry[] } | Refusal

export type Refusal = { ok: false; code: string; message: string }

/** The receipt handle of fauxqs for one that was given out; undefined for any other. */
type Open = (handle: string) => string | undefined

/** Seconds, as SQS takes them. Source: API reference, SendMessage and ChangeMessageVisibility. */
const MOST_SECONDS = { DelaySeconds: 900, VisibilityTimeout: 43_200 }

/**
 * Refuses what SQS refuses and fauxqs 2.4.1 accepts: longer delays, waits that are short enough only after scaling, and
 * unknown receipt handles.
 */
export function admit(input: Entry, open: Open): Admission {
  const own = admitEntry(input, open)
  if (!own.ok || !Array.isArray(input.Entries)) return own.ok ? { ok: true, input: own.entry, refused: [] } : own
  const entries = (input.Entries as Entry[]).map(({ Id, ...entry }) => ({ Id, ...admitEntry(entry, open) }))
  return {
    ok: true,
    input: { ...own.entry, Entries: entries.flatMap((each) => (each.ok ? [{ Id: each.Id, ...each.entry }] : [])) },
    refused: entries.flatMap((each) =>
      each.ok ? [] : [{ Id: each.Id, Code: each.code, Message: each.message, SenderFault: true as const }],
    ),
  }
}

function admitEntry(entry: Entry, open: Open): { ok: true; entry: Entry } | Refusal {
  for (const [name, most] of Object.entries(MOST_SECONDS)) {
    const seconds = entry[name]
    if (seconds === undefined || (typeof seconds === 'number' && seconds >= 0 && seconds <= most)) continue
    const message = `Value ${JSON.stringify(seconds)} for parameter ${name} is invalid. Reason: Must be between 0 and ${most}.`
    return { ok: false, code: 'InvalidParameterValue', message }
  }
  const { ReceiptHandle: given } = entry
  if (typeof given !== 'string') return { ok: true, entry }
  const ReceiptHandle = open(given)
  if (ReceiptHandle !== undefined) return { ok: true, entry: { ...entry, ReceiptHandle } }
  return { ok: false, code: 'ReceiptHandleIsInvalid', message: 'The input receipt handle is invalid.' }
}
