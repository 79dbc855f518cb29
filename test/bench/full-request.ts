import { aDestination } from '../support/settings.ts'
import { readCalls } from '../track/read-calls.ts'

/** Ten destinations, each of which looks for people in a place of its own: a call about one person is queued for each. */
export const TEN_SHOPS = {
  sources: [{ name: 'server' }],
  destinations: Array.from({ length: 10 }, (_, index) =>
    aDestination({
      name: `shop-${index}`,
      events: { O: { audiences: String(23846440602800582n + BigInt(index)), action: 'add' } },
      userFields: { EMAIL: [`properties.shop${index}.email`] },
    }),
  ),
}

/** Calls that cost as much as they can before the limit of people in a request refuses them. */
const COSTLY_CALLS = [
  [
    'calls about a person of characters that the queue takes six bytes for',
    { event: 'O', traits: { firstName: '\uFFFF'.repeat(500), email: 'a' } },
  ],
  ['calls about a person of one short value', { event: 'O', traits: { email: 'a' } }],
  ['calls that name nobody', { event: 'O' }],
] as const

/** Requests for `TEN_SHOPS` of about as many calls as are just taken. */
export const FULL_REQUESTS = COSTLY_CALLS.map(([name, call]) => ({
  name,
  body: { batch: new Array(mostTaken(call)).fill(call) as object[] },
}))

function mostTaken(call: object): number {
  const isRefused = (count: number) => readCalls(new Array(count).fill(call), ...TEN_SHOPS.destinations).tooManyPeople
  let [taken, refused] = [0, 20_000]
  while (refused - taken > 20) {
    const half = Math.floor((taken + refused) / 2)
    if (isRefused(half)) refused = half
    else taken = half
  }
  return taken
}
