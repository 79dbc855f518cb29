/** The head of an audience as the table has it: one item, which one invocation at a time holds. Times in ms since 1970. */
export type Head = {
  /** Who holds it, or held it and never gave it back. */
  holder?: string
  /** After this whoever holds it is taken to have crashed. */
  heldUntil: number
  /** Before this nothing may be sent: a request without an answer may still take effect. */
  restUntil: number
  /** Of all words in the log, the newest time of each direction. */
  newestAdd: number
  newestRemove: number
  /** The key of the log's last item. */
  lastKey: number
}

/** What a holder leaves to the next one. */
export type HeadState = Pick<Head, 'restUntil' | 'newestAdd' | 'newestRemove' | 'lastKey'> & {
  /** Removals wait for the end of the rest: behind it nobody else takes the head until then. */
  onlyRemovalsUntil?: number
}

export type Take = {
  audienceId: string
  /** A name that nobody else uses, for this one turn. */
  holder: string
  now: number
  heldUntil: number
  /** It brings removals, and may go before those that bring none. */
  bringsRemovals: boolean
}

/** Where heads are kept. All of these reject when it cannot be reached. */
export type HeadTable = {
  /** What the head was before it was taken; undefined when it is not free, or kept for removals. */
  take: (take: Take) => Promise<Partial<Head> | undefined>
  /**
   * Keeps the head for removals until then: nobody without any takes it. Not in the half minute after removals took it, so
   * that adds have a turn in between however many removals come.
   */
  keepForRemovals: (audienceId: string, now: number, until: number) => Promise<void>
  giveBack: (audienceId: string, holder: string, state: HeadState) => Promise<void>
  /** Frees a head that may have been taken, for who had no answer: the next holder trusts it as little as after a crash. */
  letGo: (audienceId: string, holder: string) => Promise<void>
}

/** A head that is held. */
export type HeldHead = HeadState & { audienceId: string; holder: string }

/** A newest time that is not known: everything must be looked up. */
export const NOT_KNOWN = Number.MAX_SAFE_INTEGER

/**
 * A request that was broken off takes effect within four minutes, if it does, and clocks of two hosts differ by less than
 * the fifth.
 */
export const LATE_EFFECT_MS = 5 * 60_000

/** Nobody needs rows that are only added at once: whoever brings them waits elsewhere. */
const PATIENCE_MS = 5_000
const LONGEST_GAP_MS = 1_000

/** Rows with removals that went away without the head come back within 30 s and a quarter, and what gathers them takes five. */
const KEPT_FOR_REMOVALS_MS = 45_000

/** After a turn of removals the head is kept for no others for so long. */
export const OTHERS_TURN_MS = 30_000

/**
 * Until when nobody but removals takes a head that rests, for those that found it at rest: they come back up to a quarter of
 * their wait later. Else who came first behind the rest might have no answer again.
 */
export function onlyRemovalsUntil(restUntil: number, now: number): number {
  return restUntil + (restUntil - now) / 4 + KEPT_FOR_REMOVALS_MS
}

/** How long an invocation has; ms since 1970. */
type Life = {
  endsAt: number
  /** From then on it waits for no head. */
  patientUntil: number
}

type Waiting = { clock: () => number; sleep: (ms: number) => Promise<void>; random: () => number }

/**
 * Takes the head of an audience, for one turn; undefined when others hold it for longer than the patience. Removals go
 * first: while they wait for the head, and soon after, nobody takes it who brings none, but for a turn in between.
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

// Who never gave it back may have written words that its head says nothing of.
function stateOf({ holder, restUntil = 0, newestAdd = -1, newestRemove = -1, lastKey = 0 }: Partial<Head>): HeadState {
  const newest = holder === undefined ? { newestAdd, newestRemove } : { newestAdd: NOT_KNOWN, newestRemove: NOT_KNOWN }
  return { restUntil, ...newest, lastKey }
}
