import { judge } from '../graph-api/error.ts'

/** Why something became a dead letter, and what to do before it is redriven. */
export type ReasonAdvice = {
  meaning: string
  fix: string
  needsToken?: true
  /** Meta failed or limits calls: that passes by itself. */
  isOutage?: true
}

const OUTAGE_FIX = 'wait until Meta works again'

/** The reason of a message that SQS itself has moved, because its consumer never got done with it. */
export const CRASHED = 'crashed'

/** The reasons of dead letters that are not a code of Meta's. cdk/README.md has them too. */
export const REASONS: Readonly<Record<string, ReasonAdvice>> = {
  timeout: { meaning: 'no answer for 72 hours, or twice to this row alone', fix: OUTAGE_FIX, isOutage: true },
  network: { meaning: 'no answer for 72 hours, or twice to this row alone', fix: OUTAGE_FIX, isOutage: true },
  register_out_of_time: {
    meaning: 'too old to be looked up in the register',
    fix: 'compare with your own data, then redrive when the audience is quiet',
  },
  unexpected_error: { meaning: 'a defect of the consumer', fix: 'look at the consumer’s log of that time' },
  event_unmapped: {
    meaning: 'the event’s name was renamed or taken away after it was sent',
    fix: 'map it again and redrive, or discard',
  },
  destination_unknown: {
    meaning: 'the destination was renamed or taken away while rows waited',
    fix: 'name it as before and redrive, or discard',
  },
  erasure_unnamed: {
    meaning: 'an erased person whom the destination cannot name since its settings changed',
    fix: 'put `userSchema`, `userFields` and `defaultCountry` back and redrive, or erase the person again',
  },
  dry_run: {
    meaning: 'real users, from before the destination’s trial run began, and erasures',
    fix: 'switch `dryRun` off and redrive, or discard',
  },
  undecodable: {
    meaning: 'this product, or this version of it, did not write the message',
    fix: 'redrive with the newer version, or find out who else may send to the queue and discard it, `--with-removals`',
  },
  [CRASHED]: {
    meaning: 'SQS moved it: its consumer crashed on it every time',
    fix: 'look at the consumer’s log; redrive when the crash is mended',
  },
}

/** A new token, or its app secret, mends these. */
const TOKEN_CODES = [102, 104, 190]

/** What to do about dead letters of this reason. Codes of Meta's have the advice of their verdict. */
export function adviceOf(reason: string): ReasonAdvice {
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined
  if (known) return known
  if (/^http_\d+$/.test(reason))
    return { meaning: 'Meta failed for 72 hours, or twice on this row alone', fix: OUTAGE_FIX, isOutage: true }
  const [, code, subCode] = /^graph_(\d+)(?:_(\d+))?$/.exec(reason) ?? []
  if (code === undefined)
    return {
      meaning: 'this version does not know it',
      fix: 'look at the consumer’s log of that time, which has `advice`',
    }
  const { verdict, advice, rejectAfterSeconds } = judge({
    ...{ kind: 'graph', status: 400, isTransient: false, isProofError: false, title: undefined, fbtraceId: undefined },
    code: Number(code),
    subCode: subCode === undefined ? undefined : Number(subCode),
  })
  if (rejectAfterSeconds !== undefined)
    return { meaning: 'Meta’s documentation does not list this code', fix: 'look at the consumer’s log of that time' }
  if (verdict === 'retry' || verdict === 'wait') return { meaning: advice, fix: OUTAGE_FIX, isOutage: true }
  return { meaning: 'Meta refused it', fix: advice, ...(TOKEN_CODES.includes(Number(code)) && { needsToken: true }) }
}
