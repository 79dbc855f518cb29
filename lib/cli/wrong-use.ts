/** Wrong usage. The message is shown before the usage. */
export class UsageError extends Error {
  override name = 'UsageError' as const
}

/** A file that cannot be used. The usage was right. */
export class FileError extends Error {
  override name = 'FileError' as const
}
