import { AUDIENCE_KEY, SYNCED_ID } from './audiences.ts'
import type { PersonFeed } from './audiences.ts'
import type { User } from './model.ts'

type Call = { type: string } & Record<string, unknown>

/** A call of a tool that adds or removes one person, written as one of the tools that feed this audience writes it. */
export function personCall(feed: PersonFeed, adds: boolean, user: User, random: () => number): Call {
  const one = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T
  const device = user.MADID === undefined ? {} : { device: { advertisingId: user.MADID } }
  switch (feed) {
    case 'ORDERS':
      return order(adds, one([inProperties, inTraits, inContextTraits, inCustomers])(user), device)
    case 'MEMBERS':
      return membership(adds, one(adds ? [...MEMBERSHIPS, journeyStep] : MEMBERSHIPS), user, device)
    case 'WAREHOUSE':
      return record(one(adds ? ['insert', 'update'] : ['delete']), one([inColumns, inWarehouseFields])(user), {})
    case 'SYNCED':
      return record(one(adds ? ['insert', 'Update'] : ['delete']), inColumns(user), {
        externalId: [{ type: `FB_CUSTOM_AUDIENCE-${SYNCED_ID}`, identifierType: 'EMAIL' }],
      })
  }
}

type Parts = { userId?: unknown; traits?: object; properties?: object; context?: object }

function order(adds: boolean, { properties, context, ...rest }: Parts, device: object): Call {
  const event = adds ? 'Order Completed' : 'Subscription Cancelled'
  const bought = { order_id: 'o-1', revenue: 20, ...properties }
  return { type: 'track', event, ...rest, properties: bought, context: { ...device, ...context } }
}

/** As Segment's spec has a person's traits. What Segment calls userId is the EXTERN_ID of these settings. */
function traitsOf({ EMAIL, PHONE, FN }: User): Record<string, string | undefined> {
  return { email: EMAIL, phone: PHONE, firstName: FN }
}

const inProperties = (user: User): Parts => ({ userId: user.EXTERN_ID, properties: traitsOf(user) })
const inTraits = (user: User): Parts => ({ userId: user.EXTERN_ID ?? 'guest@example.com', traits: traitsOf(user) })
const inContextTraits = (user: User): Parts => ({ userId: user.EXTERN_ID, context: { traits: traitsOf(user) } })

// A shop of its own mind; `userFields` says where it has what. What the settings name wins over the usual places.
const inCustomers = ({ EMAIL, PHONE, EXTERN_ID, FN }: User): Parts => ({
  userId: EXTERN_ID === undefined ? undefined : 'somebody-else',
  traits: { first_name: FN, ...(EMAIL !== undefined && { email: 'somebody-else@example.com' }) },
  properties: { customers: [{ mail: EMAIL, telephone: PHONE, id: EXTERN_ID }, { mail: 'somebody-else@example.com' }] },
})

type Membership = (adds: boolean, traits: object, personas: object) => { type: string } & Parts & { event?: string }

const MEMBERSHIPS: readonly Membership[] = [
  (adds, traits, personas) => ({
    ...{ type: 'identify', traits: { ...traits, [AUDIENCE_KEY]: adds }, context: { personas } },
  }),
  (adds, traits) => ({ type: 'identify', context: { traits: { ...traits, [AUDIENCE_KEY]: String(adds) } } }),
  (adds, traits) => ({
    ...{ type: 'track', event: adds ? 'Audience Entered' : 'Audience Exited' },
    properties: { ...traits, audience_key: AUDIENCE_KEY, [AUDIENCE_KEY]: adds },
  }),
  (adds, traits, personas) => ({
    ...{ type: 'track', event: 'Changed', properties: { ...traits, [AUDIENCE_KEY]: adds }, context: { personas } },
  }),
]

const journeyStep: Membership = (_, properties, personas) => ({
  ...{ type: 'track', event: 'Step 2', properties },
  context: { personas: { ...personas, computation_class: 'journey_step' } },
})

function membership(adds: boolean, written: Membership, user: User, device: object): Call {
  const personas = { computation_class: 'audience', computation_key: AUDIENCE_KEY }
  const { context, ...call } = written(adds, traitsOf(user), personas)
  return { ...call, userId: user.EXTERN_ID, context: { ...device, ...context } }
}

function record(action: string, who: object, context: object): Call {
  return { type: 'record', action, recordId: '7', context: { sources: { job_id: 'j-1' }, ...context }, ...who }
}

// The column that a sync identifies its rows by is apart from the others, and people write columns as they like.
function inColumns(user: User): object {
  const [first, ...others] = Object.entries(user).map(
    ([column, value], index) => [index % 2 === 0 ? column : ` ${column.toLowerCase()}`, value] as const,
  )
  return { identifiers: Object.fromEntries(first ? [first] : []), fields: Object.fromEntries(others) }
}

const inWarehouseFields = ({ EMAIL, ...others }: User): object => ({ fields: { work_mail: EMAIL, ...others } })
