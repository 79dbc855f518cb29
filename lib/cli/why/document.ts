import type { Facts, Told } from './facts.ts'
import { shortened } from './sent-forms.ts'
import type { Known } from './sent-forms.ts'
import type { Verdict } from './verdict.ts'

/** How destinations send the person's values, for programs. */
export function formsDocument(known: readonly Known[], isWhole: boolean): object[] {
  const show = (value: string) => (isWhole ? value : shortened(value))
  return known.flatMap(({ destination, forms }) =>
    forms.map(({ field, normalised, sent }) => ({
      destination: destination.name,
      ...{ field, normalised: show(normalised), sent: show(sent) },
    })),
  )
}

/** What is known of the person and one audience, for programs. */
export function audienceDocument(facts: Facts, verdict: Verdict): object {
  const { destination, audienceId, add, removal, waits, messages, isMember } = facts
  return {
    ...{ destination: destination.name, audienceId, ...verdict },
    ...(add && { added: toldDocument(add) }),
    ...(removal && { removed: toldDocument(removal) }),
    ...(waits && { audienceWaits: { reason: waits.reason, until: iso(waits.until) } }),
    ...(messages && { messages: messages.map((message) => ({ ...message, at: iso(message.at) })) }),
    ...(isMember !== undefined && { isMember }),
  }
}

function toldDocument({ at, writtenAt, request }: Told): object {
  return {
    ...{ event: iso(at), written: iso(writtenAt) },
    ...(request && { request: { ...request, at: iso(request.at) } }),
  }
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
