import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../../lib/graph-api/receipt.ts'
import type { Facts } from '../../../lib/cli/why/facts.ts'
import type { FoundMessage } from '../../../lib/cli/why/local-look-up.ts'
import { typedFor } from '../../../lib/cli/stack/options.ts'
import { verdictOf } from '../../../lib/cli/why/judge.ts'
import { AUDIENCE, destinationsOf } from '../../support/settings.ts'

const ADDED = Date.parse('2026-11-20T10:00:00Z')
const REMOVED = Date.parse('2026-11-21T10:00:00Z')
const NOT_ERASED = { by: [] }
const ERASED = { by: ['EMAIL'] }

const verdict = (facts: Facts, erased: { by: string[] }) => verdictOf(facts, erased, typedFor({ stack: 'Shop' }))

function factsOf(more: Partial<Facts> = {}, settings: Record<string, unknown> = {}): Facts {
  const [destination] = destinationsOf(settings)
  if (!destination) throw new Error('no destination')
  const forms = [{ field: 'EMAIL', normalised: 'ann@example.com', sent: 'hash', identifier: 'EMAIL:hash' }] as const
  return { destination, audienceId: AUDIENCE, forms, ...more }
}

function told(at: number, count: number, outcome = 'delivered', failed?: Receipt) {
  return { at, writtenAt: at, identifiers: ['EMAIL:hash'], request: receipt(count, outcome), ...(failed && { failed }) }
}

function receipt(count: number, outcome: string): Receipt {
  const what = { audienceId: AUDIENCE, destination: 'main', direction: 'add', invalid: 0, ms: 1 } as const
  return { ...what, at: ADDED, count, outcome }
}

const removalWaits: FoundMessage = {
  ...{ queue: 'retry', destination: 'main', audience: AUDIENCE },
  ...{ direction: 'remove', at: REMOVED },
}

describe('the verdict of why', () => {
  test('a request that failed and may have been theirs leaves it open whether they are in, or out', () => {
    const facts = factsOf({ add: told(ADDED, 1, 'delivered', receipt(2, 'http_400')) })
    expect(verdict(facts, NOT_ERASED)).toMatchObject({
      state: 'unsure',
      standing:
        'in, or not: Meta took 1 row then, and a request of 2 rows failed (http_400), which may have been theirs',
    })
    expect(verdict({ ...facts, isMember: true }, NOT_ERASED).state).toBe('in')
    const removed = factsOf({ removal: told(REMOVED, 1, 'delivered', receipt(2, 'http_400')) })
    expect(verdict(removed, NOT_ERASED).standing).toMatch(/^out, or not: /)
    expect(verdict({ ...removed, isMember: false }, NOT_ERASED).state).toBe('out')
  })

  test('a phone without its country is in, and hardly matches', () => {
    const lacksCountry = true
    const phone = {
      field: 'PHONE',
      normalised: '030123',
      sent: 'hash',
      identifier: 'PHONE:hash',
      lacksCountry,
    } as const
    const facts = factsOf({ add: told(ADDED, 1), forms: [phone] })
    expect(verdict(facts, NOT_ERASED)).toMatchObject({
      state: 'in',
      change: expect.stringContaining('hardly matches: send it like +49 30 123456') as string,
    })
    const both = { ...facts, forms: [...facts.forms, ...factsOf().forms] }
    expect(verdict(both, NOT_ERASED).change).not.toContain('hardly')
  })

  test('nobody is in whom the emulator does not have', () => {
    const { state, standing } = verdict(factsOf({ add: told(ADDED, 1), isMember: false }), NOT_ERASED)
    expect(state).toBe('unsure')
    expect(standing).toContain('and does not have them')
  })

  test('nobody is out whom the emulator has', () => {
    const removal = told(REMOVED, 1)
    expect(verdict(factsOf({ add: told(ADDED, 1), removal, isMember: false }), NOT_ERASED).state).toBe('out')
    const member = verdict(factsOf({ add: told(ADDED, 1), removal, isMember: true }), NOT_ERASED)
    expect(member.state).toBe('unsure')
    expect(member.standing).toMatch(/^out, or in: removed by an event of 2026-11-21 10:00:00 UTC; Meta has them/)
  })

  test('a removal by an identifier of another add leaves it open whether they are in', () => {
    const otherRemoval = { at: REMOVED, writtenAt: REMOVED, identifiers: ['EXTERN_ID:1'] }
    const facts = factsOf({ add: told(ADDED, 1), otherRemoval })
    expect(verdict(facts, NOT_ERASED)).toMatchObject({
      state: 'unsure',
      standing: expect.stringMatching(
        /^in, or out: Meta took the add of .* a removal of .* names them by the /,
      ) as string,
    })
    expect(verdict({ ...facts, isMember: true }, NOT_ERASED).state).toBe('in')
  })

  test('an add that the removal does not name leaves it open whether they are out', () => {
    const byPhone = { ...told(REMOVED, 1), identifiers: ['PHONE:hash'] }
    const otherAdd = { at: ADDED - 1_000, writtenAt: REMOVED, identifiers: ['EMAIL:hash'] }
    const facts = factsOf({ add: told(ADDED, 1), removal: byPhone })
    expect(verdict(facts, NOT_ERASED).state).toBe('out')
    expect(verdict({ ...facts, otherAdd }, NOT_ERASED)).toMatchObject({
      state: 'unsure',
      standing: expect.stringContaining(
        'an add of 2026-11-20 09:59:59 UTC, that it does not name, may stand',
      ) as string,
    })
    expect(verdict({ ...facts, otherAdd, isMember: false }, NOT_ERASED).state).toBe('out')
  })

  test('of the erased, a removal that waits or is a dead letter is told', () => {
    const waiting = verdict(factsOf({ messages: [removalWaits] }), ERASED)
    expect(waiting.state).toBe('erased')
    expect(waiting.standing).toContain('a removal of 2026-11-21 10:00:00 UTC waits in the retry queue')
    const dead = verdict(
      factsOf({ messages: [{ ...removalWaits, queue: 'dead letters', reason: 'graph_2650' }] }),
      ERASED,
    )
    expect(dead.change).toContain('npm run -s cli -- dlq list --stack Shop')
    expect(dead.standing).toContain('is a dead letter (graph_2650)')
    expect(verdict(factsOf({ add: told(ADDED, 1) }), ERASED).standing).toBe(
      'erased, by EMAIL: no add of theirs is sent',
    )
  })

  test('nobody is told to add a person to an ad account', () => {
    const account = { audienceId: 'act_1' }
    const verdicts = [
      verdict(factsOf(account), NOT_ERASED),
      verdict(factsOf(account), ERASED),
      verdict(factsOf({ ...account, removal: told(REMOVED, 1) }), NOT_ERASED),
    ]
    for (const { change } of verdicts) expect(change).toMatch(/^Only erasures go to an ad account/)
  })

  test('who was never heard of may lack consent, where the destination asks for it', () => {
    const asking = factsOf({}, { consent: { categories: ['advertising'] } })
    expect(verdict(asking, NOT_ERASED).change).toContain('and do they consent to advertising?')
    const { change } = verdict(factsOf(), NOT_ERASED)
    expect(change).toContain('It is fed by main: USER_ADD. Did such an event arrive?')
    expect(change).not.toContain('consent')
  })
})
