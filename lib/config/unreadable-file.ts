/** Why a file cannot be read, in words, from the error that Node gave. */
export function unreadableReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder; name the file in it'
  if (code === 'EACCES' || code === 'EPERM') return 'reading it is not permitted'
  return message
}
