/** What tools call things that lead to one audience: events about one person, and an audience of their own. */
export type PersonNames = { audienceId: string; ordered: string; cancelled: string; key: string }

/** An audience that each warehouse feeds by itself, and one that its syncs may name. */
export type WarehouseNames = { source: string; audienceId: string; nameableId: string }

const AUDIENCES = 24
const WAREHOUSES = 4

export const PERSON_NAMES: readonly PersonNames[] = Array.from({ length: AUDIENCES }, (_, n) => ({
  audienceId: String(23_846_450_000_000 + n),
  ordered: `Order Completed ${n}`,
  cancelled: `Subscription Cancelled ${n}`,
  key: `high_value_${n}`,
}))

export const WAREHOUSE_NAMES: readonly WarehouseNames[] = Array.from({ length: WAREHOUSES }, (_, n) => ({
  source: `warehouse${n}`,
  audienceId: String(23_846_460_000_000 + n),
  nameableId: String(23_846_461_000_000 + n),
}))

/** The settings of a shop whose tools know people by traits, and by a customer's number. */
export const PERSON_DESTINATION = {
  name: 'people',
  userSchema: ['EMAIL', 'FN', 'EXTERN_ID'],
  sources: ['server', 'web', 'webhook'],
  events: Object.fromEntries(
    PERSON_NAMES.flatMap(({ audienceId, ordered, cancelled }) => [
      [ordered, { audiences: audienceId, action: 'add' }],
      [cancelled, { audiences: audienceId, action: 'remove' }],
    ]),
  ),
  memberships: Object.fromEntries(PERSON_NAMES.map(({ key, audienceId }) => [key, audienceId])),
  userFields: { EXTERN_ID: ['properties.customer.id', 'userId'] },
}

/** A destination for each warehouse. */
export const WAREHOUSE_DESTINATIONS = WAREHOUSE_NAMES.map(({ source, audienceId, nameableId }) => ({
  name: source,
  userSchema: ['EMAIL', 'FN'],
  sources: [source],
  events: { SYNCED: nameableId },
  sourceAudience: { [source]: audienceId },
}))
