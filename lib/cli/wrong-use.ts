/** Wrong usage. The message is followed by where the help is. */
export class UsageError extends Error {
  override name = 'UsageError' as const
}

/** A file that cannot be used. The usage was right. */
export class FileError extends Error {
  override name = 'FileError' as const
}

/** What a command needs cannot be reached: the stack, AWS, or Meta. The message says what to do. */
export class OutOfReach extends Error {
  override name = 'OutOfReach' as const
}
