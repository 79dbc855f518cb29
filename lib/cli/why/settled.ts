import { fieldOfIdentifier } from '../../audience/identifiers.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import { isAdAccount } from '../../graph-api/request.ts'
import type { Stack } from '../stack/stack.ts'
import { waitAdviceText } from '../status/wait-advice.ts'
import { counted } from '../terminal/counted.ts'
import { minuteOf, secondOf } from '../terminal/time.ts'
import type { Facts, Told } from './facts.ts'
import { ACCOUNTS_ONLY_ERASE } from './verdict.ts'
import type { Verdict } from './verdict.ts'

type Typed = Stack['typed']

/** The verdict on a person about whom nothing newer waits than what was written down. */
export function settled(facts: Facts, newest: Told, isRemoved: boolean, typed: Typed): Verdict {
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
  const by = other.length > 0 ? `, by the ${fieldsIn(other)} that they were added with` : ''
  return `removed by an event of ${secondOf(at)}${by}`
}

/** A removal that need not have taken them out: an add that it does not name may stand. */
function perhapsIn(facts: Facts, removal: Told): Verdict | undefined {
  const { isMember, otherAdd, forms } = facts
  if (isMember === false || (isMember === undefined && !otherAdd)) return undefined
  const added = otherAdd ? `an add of ${secondOf(otherAdd.at)}, that it does not name, may stand` : 'Meta has them'
  return {
    state: 'unsure',
    standing: `out, or in: ${removedBy(facts, removal)}; ${added}`,
    change: `To take them out for sure: a newer removal with all that names them, such as ${fieldsIn(forms.map(({ field }) => field))}. To put them in: a newer add.`,
  }
}

/** An add of which nothing is left, or which another removal may have undone. */
function perhapsOut({ isMember, otherRemoval, forms }: Facts, { at }: Told): Verdict | undefined {
  if (isMember === undefined && otherRemoval)
    return {
      state: 'unsure',
      standing: `in, or out: Meta took the add of ${secondOf(at)}; a removal of ${secondOf(otherRemoval.at)} names them by the ${fieldsIn(otherRemoval.identifiers.map(fieldOfIdentifier))} of another add`,
      change: `To put them in for sure: a newer add. To take them out: a newer removal with all that names them, such as ${fieldsIn(forms.map(({ field }) => field))}.`,
    }
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

function fieldsIn(fields: readonly (string | undefined)[]): string {
  return [...new Set(fields)].join(', ')
}
