/** Columns that the soak uses. */
export type Column = 'EMAIL' | 'PHONE' | 'FN' | 'EXTERN_ID' | 'MADID'

/** A custom audience, what feeds it, and the columns of its rows. */
export type Audience = { id: string; event: FeedName; columns: readonly Column[] }

/** Its people share telephones, so that the weaker promise holds (differences.ts). */
export const FAMILIES = '60007'

/** Its people change sides again and again. The other audience has as many people, who do not. */
export const CHURN = '60008'
export const CALM = '60009'

/** Its ad account is throttled for a while. */
export const THROTTLED = '60005'

const EVERY_COLUMN: readonly Column[] = ['EMAIL', 'PHONE', 'FN', 'EXTERN_ID', 'MADID']

/** Destinations of lists. BOTH feeds three audiences of two destinations; SHOP, ADS and HASHES feed one each, so they can carry sessions. */
const OF_LISTS = [
  { name: 'shop', userSchema: ['EMAIL', 'PHONE', 'FN'], events: { SHOP: '60001', BOTH: ['60002', '60003'] } },
  {
    name: 'ads',
    userSchema: ['EXTERN_ID', 'EMAIL', 'MADID'],
    maxUserCount: 100,
    events: { BOTH: '60004', ADS: THROTTLED },
  },
  { name: 'hashes', userSchema: ['EMAIL', 'PHONE'], isHashRequired: false, events: { HASHES: '60006' } },
  { name: 'club', userSchema: ['EMAIL', 'PHONE'], events: { FAMILY: FAMILIES, CHURN, CALM } },
] as const

/** Audiences of calls that no list feeds: see one-person.ts. */
const OF_PEOPLE = { ORDERS: '60010', MEMBERS: '60011', WAREHOUSE: '60012', SYNCED: '60013' } as const

/** The audience that a record call may name. */
export const SYNCED_ID = OF_PEOPLE.SYNCED

/** The key of an audience in Segment's Engage. */
export const AUDIENCE_KEY = 'high_value'

export const SETTINGS = {
  sources: [{ name: 'server' }],
  destinations: [
    ...OF_LISTS,
    {
      name: 'people',
      userSchema: EVERY_COLUMN,
      events: {
        'Order Completed': { audiences: OF_PEOPLE.ORDERS, action: 'add' },
        'Subscription Cancelled': { audiences: OF_PEOPLE.ORDERS, action: 'remove' },
        Synced: SYNCED_ID,
      },
      memberships: { [AUDIENCE_KEY]: OF_PEOPLE.MEMBERS },
      sourceAudience: { server: OF_PEOPLE.WAREHOUSE },
      userFields: {
        EMAIL: ['properties.customers[0].mail', 'fields.work_mail'],
        PHONE: ['properties.customers[0].telephone'],
        EXTERN_ID: ['properties.customers[0].id', 'userId'],
      },
    },
  ],
}

export type EventName = 'SHOP' | 'BOTH' | 'ADS' | 'HASHES' | 'FAMILY' | 'CHURN' | 'CALM'
export type PersonFeed = keyof typeof OF_PEOPLE

/** What feeds audiences: events of lists, by their names, and the kinds of other calls. */
export type FeedName = EventName | PersonFeed

export const AUDIENCES: readonly Audience[] = [
  ...OF_LISTS.flatMap(({ userSchema, events }) =>
    Object.entries<string | readonly string[]>(events).flatMap(([event, ids]) =>
      [ids].flat().map((id) => ({ id, event: event as EventName, columns: userSchema })),
    ),
  ),
  ...Object.entries(OF_PEOPLE).map(([feed, id]) => ({ id, event: feed as PersonFeed, columns: EVERY_COLUMN })),
]
