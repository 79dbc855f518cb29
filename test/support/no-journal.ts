import type { Journal } from '../../functions/consumer/journal.ts'

/** For tests about something else than the journal. */
export const noJournal: Journal = { called: () => undefined, waits: () => undefined }
