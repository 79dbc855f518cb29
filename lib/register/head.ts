/** The head of an audience: one item of the table. One invocation at a time holds it. Times in ms since 1970. */
export type Head = {
  /** Who holds it, or a crashed invocation that never gave it back. */
  holder?: string
  /** After this time the holder counts as crashed. */
  heldUntil: number
  /** Nothing may be sent before this time: a request without an answer may still take effect. */
  restUntil: number
  /** The newest time of all words in the log, for each direction. */
  newestAdd: number
  newestRemove: number
  /** The key of the log's last item. */
  lastKey: number
}

/** What a holder leaves to the next one. */
export type HeadState = Pick<Head, 'restUntil' | 'newestAdd' | 'newestRemove' | 'lastKey'> & {
  /**
   * Removals wait for the end of the rest. After the rest, only turns with removals may take the head until this time.
   */
  onlyRemovalsUntil?: number
}

export type Take = {
  audienceId: string
  /** A name for this one turn, which nobody else uses. */
  holder: string
  now: number
  heldUntil: number
  /** The turn has removals, so it goes before turns that have none. */
  bringsRemovals: boolean
}

/** Where heads are kept. All of these reject when the table cannot be reached. */
export type HeadTable = {
  /** The head as it was before it was taken; undefined when it is not free, or is kept for removals. */
  take: (take: Take) => Promise<Partial<Head> | undefined>
  /**
   * Keeps the head for removals until this time: turns without removals cannot take it. This has no effect in the half
   * minute after a turn with removals, so that adds get a turn however many removals come.
   */
  keepForRemovals: (audienceId: string, now: number, until: number) => Promise<void>
  giveBack: (audienceId: string, holder: string, state: HeadState) => Promise<void>
  /** Frees a head when the answer to `take` was lost. The next holder trusts this head as little as after a crash. */
  letGo: (audienceId: string, holder: string) => Promise<void>
}

/** A head that is held. */
export type HeldHead = HeadState & { audienceId: string; holder: string }

/** Stands for an unknown newest time: everything must be looked up. */
export const NOT_KNOWN = Number.MAX_SAFE_INTEGER

/**
 * A request that was broken off may take effect for four minutes more. The fifth minute allows for clocks that differ.
 */
export const LATE_EFFECT_MS = 5 * 60_000

/** How long adds wait for a head. They are not urgent, so after this they wait in the retry queue. */
const PATIENCE_MS = 5_000
const LONGEST_GAP_MS = 1_000

/**
 * Removals that did not get the head come back within 30 s and a quarter more. Then the queue gathers them for five
 * seconds. So 45 s are enough.
 */
const KEPT_FOR_REMOVALS_MS = 45_000

/** For so long after a turn with removals, the head cannot be kept for removals again. */
export const OTHERS_TURN_MS = 30_000

/**
 * Until when a head that rests is kept for the removals that found it at rest. Their wait is up to a quarter longer
 * than the rest. If adds came first, another request without an answer could make the removals wait again.
 */
export function onlyRemovalsUntil(restUntil: number, now: number): number {
  return restUntil + (restUntil - now) / 4 + KEPT_FOR_REMOVALS_MS
}

/** How long an invocation has. Times in ms since 1970. */
type Life = {
  endsAt: number
  /** After this time it does not wait for a head any more. */
  patientUntil: number
}

type Waiting = { clock: () => number; sleep: (ms: number) => Promise<void>; random: () => number }

/**
 * Takes the head of an audience for one turn; undefined when others hold it for too long. Removals go first: while they
 * wait, and shortly after, a turn without removals cannot take the head.
 */
export async function takeHead(
  table: HeadTable,
  { audienceId, holder, bringsRemovals }: Pick<Take, 'audienceId' | 'holder' | 'bringsRemovals'>,
  life: Life,
  { clock, sleep, random }: Waiting,
): Promise<HeldHead | undefined> {
  const patientUntil = bringsRemovals ? life.patientUntil : Math.min(life.patientUntil, clock() + PATIENCE_MS)
  const heldUntil = life.endsAt + LATE_EFFECT_MS
  for (;;) {
    const before = await table.take({ audienceId, holder, now: clock(), heldUntil, bringsRemovals })
    if (before) return { audienceId, holder, ...stateOf(before) }
    if (bringsRemovals) await table.keepForRemovals(audienceId, clock(), clock() + KEPT_FOR_REMOVALS_MS)
    if (clock() >= patientUntil) return undefined
    await sleep(LONGEST_GAP_MS * (0.5 + random() / 2))
  }
}

// A holder that crashed may have written words that the head does not know of.
function stateOf({ holder, restUntil = 0, newestAdd = -1, newestRemove = -1, lastKey = 0 }: Partial<Head>): HeadState {
  const newest = holder === undefined ? { newestAdd, newestRemove } : { newestAdd: NOT_KNOWN, newestRemove: NOT_KNOWN }
  return { restUntil, ...newest, lastKey }
}
