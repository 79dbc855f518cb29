import type { UploadSession, UploadSessionTable } from '../../lib/session/upload-session.ts'

/** Upload sessions in memory. */
export function memorySessions(): UploadSessionTable {
  const sessions = new Map<string, UploadSession>()
  return {
    read: (key) => Promise.resolve(sessions.get(key)),
    write: (key, session) => Promise.resolve(void sessions.set(key, session)),
  }
}
