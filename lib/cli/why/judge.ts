import { STRONG_FIELDS } from '../../config/schema-field.ts'
import { isAdAccount } from '../../graph-api/request.ts'
import { fedBy } from '../audiences/fed-by.ts'
import { PROGRAM } from '../stack/options.ts'
import type { Stack } from '../stack/stack.ts'
import { waitAdviceText } from '../status/wait-advice.ts'
import { minuteOf, secondOf } from '../terminal/time.ts'
import type { Facts, Told } from './facts.ts'
import { settled } from './settled.ts'
import { ACCOUNTS_ONLY_ERASE } from './verdict.ts'
import type { Verdict } from './verdict.ts'

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
