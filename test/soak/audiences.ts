/** Columns that the soak uses. */
export type Column = 'EMAIL' | 'PHONE' | 'FN' | 'EXTERN_ID' | 'MADID'

/** A custom audience, the event that feeds it, and the columns of its rows. */
export type Audience = { id: string; event: string; columns: readonly Column[] }

/** Its people share telephones, so that the weaker promise holds (differences.ts). */
export const FAMILIES = '60007'

/** Its people change sides again and again. The other audience has as many people, who do not. */
export const CHURN = '60008'
export const CALM = '60009'

/** Its ad account is throttled for a while. */
export const THROTTLED = '60005'

/** BOTH feeds three audiences of two destinations; SHOP, ADS and HASHES feed one each, so they can carry sessions. */
export const SETTINGS = {
  sources: [{ name: 'server' }],
  destinations: [
    { name: 'shop', userSchema: ['EMAIL', 'PHONE', 'FN'], events: { SHOP: '60001', BOTH: ['60002', '60003'] } },
    {
      name: 'ads',
      userSchema: ['EXTERN_ID', 'EMAIL', 'MADID'],
      maxUserCount: 100,
      events: { BOTH: '60004', ADS: THROTTLED },
    },
    { name: 'hashes', userSchema: ['EMAIL', 'PHONE'], isHashRequired: false, events: { HASHES: '60006' } },
    { name: 'club', userSchema: ['EMAIL', 'PHONE'], events: { FAMILY: FAMILIES, CHURN, CALM } },
  ],
} as const

export type EventName = 'SHOP' | 'BOTH' | 'ADS' | 'HASHES' | 'FAMILY' | 'CHURN' | 'CALM'

export const AUDIENCES: readonly Audience[] = SETTINGS.destinations.flatMap(({ userSchema, events }) =>
  Object.entries<string | readonly string[]>(events).flatMap(([event, ids]) =>
    [ids].flat().map((id) => ({ id, event, columns: userSchema })),
  ),
)
