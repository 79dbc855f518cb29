import { fieldOfIdentifier } from '../../audience/identifiers.ts'
import { STRONG_FIELDS } from '../../config/schema-field.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import { isAdAccount } from '../../graph-api/request.ts'
import { fedBy } from '../audiences/fed-by.ts'
import { PROGRAM } from '../stack/options.ts'
import type { Stack } from '../stack/stack.ts'
import { waitAdviceText } from '../status/wait-advice.ts'
import { counted } from '../terminal/counted.ts'
import { minuteOf, secondOf } from '../terminal/time.ts'
import type { Facts, Told } from './facts.ts'

/** What is the matter with a person and an audience: a word for programs, and sentences for people. */
export type Verdict = {
  state:
    | 'in'
    | 'out'
    | 'waiting'
    | 'given_up'
    | 'not_delivered'
    | 'unsure'
    | 'never_heard_of'
    | 'unnamed'
    | 'trial_run'
    | 'erased'
  /** How it stands. */
  standing: string
  /** What would make it different. */
  change: string
}

type Typed = Stack['typed']

/** By what an erased person is erased; undefined when nobody could tell. */
export type Erased = { by: readonly string[] } | undefined

/** The verdict on a person and an audience, by all that is known of them. */
export function verdictOf(facts: Facts, erased: Erased, typed: Typed): Verdict {
  const { destination, add, removal, forms } = facts
  const { name, dryRun, userSchema } = destination
  if (forms.length === 0) {
    const strong = userSchema.filter((field) => STRONG_FIELDS.includes(field))
    return strong.length === 0
      ? {
          state: 'unnamed',
          standing: 'knows people by names and places alone',
          change: 'Nobody can be looked for there: look for the event, with explain.',
        }
      : {
          state: 'unnamed',
          standing: 'cannot know people by this',
          change: `It knows them by ${strong.join(', ')}: ask with a usable value of one of these.`,
        }
  }
  if (dryRun)
    return {
      state: 'trial_run',
      standing: 'a trial run: nothing is sent, and nothing is written down',
      change: `Take "dryRun" out of the settings of ${name}, deploy, and send the events again.`,
    }
  const isRemoved = removal !== undefined && (!add || removal.at >= add.at)
  const newest = isRemoved ? removal : add
  if (erased && erased.by.length > 0) return erasedVerdict(facts, erased.by, typed)
  return pending(facts, newest, typed) ?? (newest ? settled(facts, newest, isRemoved, typed) : neverHeardOf(facts))
}

/** Who is erased may still be in, while the removal waits or is a dead letter. */
function erasedVerdict(facts: Facts, by: readonly string[], typed: Typed): Verdict {
  const { messages = [], removal } = facts
  const open = pending(
    { ...facts, messages: messages.filter(({ direction }) => direction === 'remove') },
    removal,
    typed,
  )
  const standing = `erased, by ${by.join(', ')}: no add of theirs is sent`
  if (open) return { state: 'erased', standing: `${standing}; ${open.standing}`, change: open.change }
  return {
    state: 'erased',
    standing,
    change: isAdAccount(facts.audienceId)
      ? ACCOUNTS_ONLY_ERASE
      : 'To let them in again: unerase them, and send an add that is newer than the erasure.',
  }
}

const ACCOUNTS_ONLY_ERASE = 'Only erasures go to an ad account: they take people out of its other audiences.'

function neverHeardOf({ audienceId, destination }: Facts): Verdict {
  const state = 'never_heard_of'
  const { consent } = destination
  if (isAdAccount(audienceId))
    return { state, standing: 'no erasure of them, at least in the last 60 days', change: ACCOUNTS_ONLY_ERASE }
  const fed = `It is fed by ${fedBy(audienceId, [destination]).join(', ')}.`
  const questions = consent
    ? `Did such an event arrive, and do they consent to ${consent.categories.join(' and ')}?`
    : 'Did such an event arrive?'
  return {
    state,
    standing: 'no event about them, at least in the last 60 days',
    change: `${fed} ${questions} ${PROGRAM} explain event.json`,
  }
}

/** Messages of the local stack that say something newer than what was written down, or the same once more. */
function pending(
  { destination, messages = [], waits }: Facts,
  newest: Told | undefined,
  typed: Typed,
): Verdict | undefined {
  const open = messages.filter(({ at }) => at >= (newest?.at ?? -Infinity))
  const [last] = open.toSorted((one, other) => other.at - one.at)
  if (!last) return undefined
  const what = last.direction === 'add' ? 'an add' : 'a removal'
  if (last.queue === 'dead letters')
    return {
      state: 'given_up',
      standing: `given up: ${what} of ${secondOf(last.at)} is a dead letter (${last.reason ?? 'crashed'})`,
      change: `Mend the reason, and send it again: ${typed('dlq list')}`,
    }
  const why = waits ? ` (${waits.reason}), until ${minuteOf(waits.until)}` : ''
  return {
    state: 'waiting',
    standing: `${what} of ${secondOf(last.at)} waits in the ${last.queue} queue${why}`,
    change: waits
      ? waitAdviceText(waits.reason, destination.name, typed)
      : 'It goes by itself, within minutes as a rule.',
  }
}

function settled(facts: Facts, newest: Told, isRemoved: boolean, typed: Typed): Verdict {
  const { waits, destination } = facts
  const { request, at } = newest
  if (request?.outcome !== 'delivered') {
    if (waits)
      return {
        state: 'waiting',
        standing: `waiting: the audience does, and they with it, until ${minuteOf(waits.until)} (${waits.reason})`,
        change: waitAdviceText(waits.reason, destination.name, typed),
      }
    return {
      state: 'not_delivered',
      standing: `${isRemoved ? 'the removal' : 'the add'} was not delivered since${request ? ` (${request.outcome})` : ''}`,
      change: `It may wait or be given up: ${typed('status')}, and ${typed('dlq list')}`,
    }
  }
  const doubt =
    (isRemoved ? perhapsIn(facts, newest) : perhapsOut(facts, newest)) ??
    perhapsRefused(facts, newest, request, isRemoved, typed)
  if (doubt) return doubt
  if (isRemoved)
    return {
      state: 'out',
      standing: `out: ${removedBy(facts, newest)}`,
      change: isAdAccount(facts.audienceId)
        ? ACCOUNTS_ONLY_ERASE
        : `To let them in again: send an add that is newer than ${secondOf(at)}.`,
    }
  const invalid = request.invalid > 0 ? `, and called ${request.invalid} of its ${request.count} rows invalid` : ''
  return {
    state: 'in',
    standing: `in: Meta took the add of ${secondOf(at)}${invalid}`,
    change: `${mayMatch(facts)} To take them out: a removal in an event of ${destination.name}.`,
  }
}

function mayMatch({ forms }: Facts): string {
  return forms.every(({ lacksCountry }) => lacksCountry)
    ? 'But a phone without its country code hardly matches: send it like +49 30 123456, or set "defaultCountry".'
    : 'Meta shows it within a day, if it finds an account for it.'
}

function removedBy({ forms }: Facts, { at, identifiers }: Told): string {
  const own = new Set(forms.map(({ identifier }) => identifier))
  const other = identifiers.some((each) => own.has(each)) ? [] : identifiers.map(fieldOfIdentifier)
  const by = other.length > 0 ? `, by the ${[...new Set(other)].join(', ')} that they were added with` : ''
  return `removed by an event of ${secondOf(at)}${by}`
}

/** A removal that need not have taken them out: an add that it does not name may stand. */
function perhapsIn(facts: Facts, removal: Told): Verdict | undefined {
  const { isMember, otherAdd, forms } = facts
  if (isMember === false || (isMember === undefined && !otherAdd)) return undefined
  const added = otherAdd ? `an add of ${secondOf(otherAdd.at)}, that it does not name, may stand` : 'Meta has them'
  const fields = [...new Set(forms.map(({ field }) => field))].join(', ')
  return {
    state: 'unsure',
    standing: `out, or in: ${removedBy(facts, removal)}; ${added}`,
    change: `To take them out for sure: a newer removal with all that names them, such as ${fields}. To put them in: a newer add.`,
  }
}

/** An add of which nothing is left. */
function perhapsOut({ isMember }: Facts, { at }: Told): Verdict | undefined {
  if (isMember !== false) return undefined
  return {
    state: 'unsure',
    standing: `Meta took the add of ${secondOf(at)}, and does not have them`,
    change: `It was cleared since, or did not take their row. To put them in: send an add that is newer than ${secondOf(at)}.`,
  }
}

/** A word that was delivered by a request which need not be theirs. */
function perhapsRefused(
  { isMember }: Facts,
  { failed }: Told,
  delivered: Receipt,
  isRemoved: boolean,
  typed: Typed,
): Verdict | undefined {
  if (isMember !== undefined || !failed) return undefined
  return {
    state: 'unsure',
    standing: `${isRemoved ? 'out' : 'in'}, or not: Meta took ${counted(delivered.count, 'row')} then, and a request of ${counted(failed.count, 'row')} failed (${failed.outcome}), which may have been theirs`,
    change: `Theirs may wait or be given up: ${typed('status')}, and ${typed('dlq list')}`,
  }
}
