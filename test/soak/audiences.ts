/** Columns that the soak uses. */
export type Column = 'EMAIL' | 'PHONE' | 'FN' | 'EXTERN_ID' | 'MADID'

/** A custom audience, the event that feeds it, and the columns of its rows. */
export type Audience = { id: string; event: string; columns: readonly Column[] }

/** BOTH feeds three audiences of two destinations; SHOP, ADS and HASHES feed one each, so they can carry sessions. */
export const SETTINGS = {
  sources: [{ name: 'server' }],
  destinations: [
    { name: 'shop', userSchema: ['EMAIL', 'PHONE', 'FN'], events: { SHOP: '60001', BOTH: ['60002', '60003'] } },
    {
      name: 'ads',
      userSchema: ['EXTERN_ID', 'EMAIL', 'MADID'],
      maxUserCount: 100,
      events: { BOTH: '60004', ADS: '60005' },
    },
    { name: 'hashes', userSchema: ['EMAIL', 'PHONE'], isHashRequired: false, events: { HASHES: '60006' } },
  ],
} as const

export type EventName = 'SHOP' | 'BOTH' | 'ADS' | 'HASHES'

export const AUDIENCES: readonly Audience[] = SETTINGS.destinations.flatMap(({ userSchema, events }) =>
  Object.entries<string | readonly string[]>(events).flatMap(([event, ids]) =>
    [ids].flat().map((id) => ({ id, event, columns: userSchema })),
  ),
)
