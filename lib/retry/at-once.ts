/** How many rows are sent at once, and what is known of the next ones. */
export type AtOnce = {
  /** Rows of the next request; Infinity where only the settings limit it. */
  most: number
  /** So many of the next rows hold one or more that Meta chokes on, found in a request of `size`; 0: nothing is known. */
  suspects: { rows: number; size: number }
  /** So many are not too many: what is no larger and fails does so because of a row. */
  fitting: number
}

/** A request that took less than that leaves room for twice as many rows, or for a fifth more. */
const VERY_QUICK_MS = 2_000
const QUICK_MS = 15_000

const NO_SUSPECTS = { rows: 0, size: 0 }

/** At the start: a size that rows bring with them was found out before. */
export function startAtOnce(most: number | undefined): AtOnce {
  return { most: most ?? Infinity, suspects: NO_SUSPECTS, fitting: most ?? 0 }
}

/** The size of the next request: suspects are halved until one is left. */
export function nextSize({ most, suspects }: AtOnce): number {
  return suspects.rows > 0 ? Math.ceil(suspects.rows / 2) : most
}

/** After a request that passed in so many ms: where it was as large as it may be, and was quick, the next is larger. */
export function afterPass(atOnce: AtOnce, size: number, ms: number): AtOnce {
  const { most, suspects, fitting } = atOnce
  const passed = { ...atOnce, fitting: Math.max(fitting, size) }
  if (suspects.rows === 0) return size < most ? passed : { ...passed, most: larger(most, ms) }
  // The other half holds the reason only where the whole was not too large.
  if (suspects.rows <= fitting) return { ...passed, suspects: { ...suspects, rows: suspects.rows - size } }
  return { ...passed, suspects: NO_SUSPECTS, most: size }
}

/** After a request that failed because it is too large, or because of a row; a row that failed alone makes the next smaller. */
export function afterFailure(atOnce: AtOnce, size: number): AtOnce {
  const whole = atOnce.suspects.size || size
  if (size > 1) return { ...atOnce, suspects: { rows: size, size: whole } }
  return { ...atOnce, suspects: NO_SUSPECTS, most: Math.min(atOnce.most, Math.ceil(whole / 2)) }
}

/** After a request that took too long, be it for a part of what failed together: the next is half of the whole. */
export function afterTimeout(atOnce: AtOnce, size: number): AtOnce {
  const whole = atOnce.suspects.size || size
  return { ...atOnce, suspects: NO_SUSPECTS, most: Math.ceil(whole / 2) }
}

// A fifth more, so that one request in five meets a limit that is always there: halved at it, a size needs four to come
// back. What took two seconds of sixty cannot be near it.
function larger(size: number, ms: number): number {
  if (ms < VERY_QUICK_MS) return 2 * size
  return ms < QUICK_MS ? Math.ceil(size * 1.2) : size
}
