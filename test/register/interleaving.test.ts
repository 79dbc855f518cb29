import fc from 'fast-check'
import { expect, test } from 'vitest'
import { audienceByTheRule, createAudience } from './audience-model.ts'
import type { Audience, Event, Row } from './audience-model.ts'
import { runConsumers } from './consumers.ts'
import type { Checks, Mishap } from './consumers.ts'

/** INTERLEAVINGS=200000 looks for what only a long search finds. */
const RUNS = Number(process.env.INTERLEAVINGS ?? 3_000)
const TIMEOUT = { timeout: RUNS * 20 }

const PEOPLE = ['ann', 'bob']
const everything = (person: string): Row => [person, `${person}-phone`, `${person}-id`]
const rowOf = (person: string, columns: readonly boolean[]) =>
  everything(person).map((cell, index) => (columns[index] ? cell : '')) as unknown as Row

const columns = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean())
const byEMail = (person: string) => columns.map(([, ...others]) => rowOf(person, [true, ...others]))
const byAnything = (person: string) => columns.filter((each) => each.includes(true)).map((each) => rowOf(person, each))
const byEverything = (person: string) => fc.constant(everything(person))

function happening(add: boolean, row: fc.Arbitrary<Row>): fc.Arbitrary<Event> {
  return fc.record({ at: fc.nat(4), add: fc.constant(add), row, inSession: fc.boolean() })
}

/** Everything about two people, a half of them in sessions, and what goes wrong meanwhile. */
function scenario(...kinds: readonly fc.Arbitrary<Event>[]) {
  const kind = fc.constantFrom('crash', 'refused', 'unanswered', 'late', 'again')
  const mishap: fc.Arbitrary<Mishap> = fc.record({ step: fc.nat(40), kind })
  return [
    fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 6 }),
    fc.scheduler(),
    fc.uniqueArray(mishap, { maxLength: 3, selector: ({ step }) => step }),
  ] as const
}

const NAMED_BY_EMAIL = scenario(
  ...PEOPLE.flatMap((person) => [true, false].map((add) => happening(add, byEMail(person)))),
)

/** Ann is removed by all that she is ever added by; Bob is added by all that he is ever removed by. */
const NAMED_BY_PARTS = scenario(
  ...[happening(true, byAnything('ann')), happening(false, byEverything('ann'))],
  ...[happening(true, byEverything('bob')), happening(false, byAnything('bob'))],
)

/** Ann is known by an e-mail, a phone or both, and shares another phone with Bob. */
const SHARED_PHONE: readonly Row[] = [
  ['ann', '', ''],
  ['', 'ann-phone', ''],
  ['ann', 'ann-phone', ''],
  ['ann', 'home', ''],
  ['bob', 'home', ''],
  ['bob', '', ''],
]

function peopleIn(audience: Audience): string[] {
  return PEOPLE.filter((person) => {
    const [email, phone, id] = everything(person)
    return !audience.identifiers().isDisjointFrom(new Set([`EMAIL:${email}`, `PHONE:${phone}`, `EXTERN_ID:${id}`]))
  })
}

/** Who is in an audience at the end, and who should be by the rule. */
async function ends(
  events: readonly Event[],
  scheduler: fc.Scheduler,
  options: Parameters<typeof runConsumers>[3],
  remembers = true,
): Promise<{ actual: string[]; expected: string[] }> {
  const audience = createAudience(remembers)
  await runConsumers(events, audience, scheduler, options)
  return { actual: peopleIn(audience), expected: peopleIn(audienceByTheRule(events, remembers)) }
}

function isRemovedSince(email: string, events: readonly Event[]): boolean {
  const about = events.filter(({ row }) => row[0] === email)
  return about.every(({ add, at }) => !add || about.some((event) => !event.add && event.at >= at))
}

test(
  'whatever the order of steps, failures, crashes and redeliveries, who is always named by e-mail ends as last said',
  TIMEOUT,
  async () => {
    await fc.assert(
      fc.asyncProperty(...NAMED_BY_EMAIL, async (events, scheduler, mishaps) => {
        const { actual, expected } = await ends(events, scheduler, { mishaps })
        expect(actual).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  },
)

test(
  'so does who is named by parts that every removal shares with every add, while the register can be reached',
  TIMEOUT,
  async () => {
    await fc.assert(
      fc.asyncProperty(...NAMED_BY_PARTS, async (events, scheduler, mishaps) => {
        const { actual, expected } = await ends(events, scheduler, { mishaps, tableFails: false }, false)
        expect(actual).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  },
)

test('also where people share a phone, nobody is in whose e-mail was removed since', TIMEOUT, async () => {
  const kinds = [true, false].map((add) => happening(add, fc.constantFrom(...SHARED_PHONE)))
  await fc.assert(
    fc.asyncProperty(...scenario(...kinds), async (events, scheduler, mishaps) => {
      const audience = createAudience(false)
      await runConsumers(events, audience, scheduler, { mishaps })
      const members = audience.identifiers()
      expect(PEOPLE.filter((email) => members.has(`EMAIL:${email}`) && isRemovedSince(email, events))).toEqual([])
    }),
    { numRuns: RUNS },
  )
})

test.each([
  ['removals are not written down before they are sent', { recordRemovals: false }],
  [
    'neither adds are compared with removals after they were sent, nor removals sent again behind them',
    { checkAfter: false, removeAgain: false },
  ],
] satisfies [string, Checks][])('the promise breaks when %s', TIMEOUT, async (_, checks) => {
  const wrongEnds: string[][] = []
  const property = fc.asyncProperty(...NAMED_BY_EMAIL, async (events, scheduler, mishaps) => {
    const { actual, expected } = await ends(events, scheduler, { mishaps, checks })
    if (actual.join() !== expected.join()) wrongEnds.push(actual)
    return wrongEnds.length === 0
  })
  expect((await fc.check(property, { numRuns: 20_000, endOnFailure: true })).failed).toBe(true)
  expect(wrongEnds).not.toEqual([])
})

test(
  'a request that is taken, and of which an earlier attempt takes effect minutes later, changes nothing',
  TIMEOUT,
  async () => {
    // About one person, with an earlier attempt of each of the first requests: chance alone would hardly find these.
    const again = fc.uniqueArray(fc.record({ step: fc.nat(15), kind: fc.constant('again' as const) }), {
      minLength: 1,
      maxLength: 3,
      selector: ({ step }) => step,
    })
    const events = fc.array(
      fc.oneof(...[true, false].map((add) => happening(add, fc.constant(rowOf('ann', [true]))))),
      {
        minLength: 2,
        maxLength: 3,
      },
    )
    await fc.assert(
      fc.asyncProperty(events, fc.scheduler(), again, async (about, scheduler, mishaps) => {
        const { actual, expected } = await ends(about, scheduler, { mishaps })
        expect(actual).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  },
)
