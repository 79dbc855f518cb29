/** How many rows to send at once, and what is known about the next rows. */
export type AtOnce = {
  /** The most rows for the next request; Infinity where only the settings limit it. */
  most: number
  /**
   * The next `rows` rows contain one or more on which Meta fails; they were in a failed request of `size` rows. 0
   * means: nothing is known.
   */
  suspects: { rows: number; size: number }
  /** A request of this size has passed. If one of this size or less fails, a row is the reason, not the size. */
  fitting: number
}

/** After a request this quick, the next may be twice as large, or a fifth larger. */
const VERY_QUICK_MS = 2_000
const QUICK_MS = 15_000

const NO_SUSPECTS = { rows: 0, size: 0 }

/** The start. A size that comes with the rows was found by an earlier invocation. */
export function startAtOnce(most: number | undefined): AtOnce {
  return { most: most ?? Infinity, suspects: NO_SUSPECTS, fitting: most ?? 0 }
}

/** The size of the next request. Suspects are halved until one row is left. */
export function nextSize({ most, suspects }: AtOnce): number {
  return suspects.rows > 0 ? Math.ceil(suspects.rows / 2) : most
}

/** After a request that passed in so many ms. If it had the largest size and was quick, the next one is larger. */
export function afterPass(atOnce: AtOnce, size: number, ms: number): AtOnce {
  const { most, suspects, fitting } = atOnce
  const passed = { ...atOnce, fitting: Math.max(fitting, size) }
  if (suspects.rows === 0) return size < most ? passed : { ...passed, most: larger(most, ms) }
  // One half passed. If the size was not the reason, the bad row is in the other half.
  if (suspects.rows <= fitting) return { ...passed, suspects: { ...suspects, rows: suspects.rows - size } }
  return { ...passed, suspects: NO_SUSPECTS, most: size }
}

/**
 * After a request that failed because of its size or of a row. After a row that failed alone, the next request is
 * smaller.
 */
export function afterFailure(atOnce: AtOnce, size: number): AtOnce {
  const whole = atOnce.suspects.size || size
  if (size > 1) return { ...atOnce, suspects: { rows: size, size: whole } }
  return { ...atOnce, suspects: NO_SUSPECTS, most: Math.ceil(whole / 2) }
}

/** After a request that took too long: the next one is half of the whole, even if only a part of the whole was sent. */
export function afterTimeout(atOnce: AtOnce, size: number): AtOnce {
  const whole = atOnce.suspects.size || size
  return { ...atOnce, suspects: NO_SUSPECTS, most: Math.ceil(whole / 2) }
}

// A fifth more: a halved size needs four such steps to come back. So where Meta's limit stays the same, about one request
// in five meets it. A request of two seconds is far from a deadline of sixty, so the next one is twice as large.
function larger(size: number, ms: number): number {
  if (ms < VERY_QUICK_MS) return 2 * size
  return ms < QUICK_MS ? Math.ceil(size * 1.2) : size
}
