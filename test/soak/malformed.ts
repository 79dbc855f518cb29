const POOR_PERSON = { email: 'person1@example.com' }

/** Events that mean nothing, and whether ingest answers them as rejected; the others it acknowledges and ignores. */
export const MALFORMED: readonly { body: unknown; isRejected: boolean }[] = [
  { body: null, isRejected: true },
  { body: 'SHOP', isRejected: true },
  { body: { type: 'track', messageId: 'no-name', properties: { userListAdd: [] } }, isRejected: true },
  { body: { type: 'track', event: 'SHOP' }, isRejected: true },
  { body: { type: 'track', event: 'SHOP', properties: { userListAdd: [], userListDelete: [] } }, isRejected: true },
  { body: { type: 'track', event: 'SHOP', properties: { userListAdd: 'person1@example.com' } }, isRejected: true },
  {
    body: { type: 'track', event: 'ADS', properties: { sessionIdAdd: 7, sessionIdDelete: 7, userListAdd: [{}] } },
    isRejected: true,
  },
  { body: { type: 'track', event: 'SHOP', properties: { userListAdd: [{}] } }, isRejected: false },
  { body: { type: 'track', event: 'NOBODY_MAPS_THIS', properties: { userListAdd: [{}] } }, isRejected: false },
  { body: { type: 'identify', userId: 'soak' }, isRejected: false },
  { body: { type: 'identify', traits: { high_value: true, firstName: 'ada' } }, isRejected: true },
  { body: { type: 'identify', traits: { high_value: 'perhaps', ...POOR_PERSON } }, isRejected: true },
  { body: { type: 'identify', traits: { High_Value: true, ...POOR_PERSON } }, isRejected: false },
  { body: { type: 'track', event: 'Audience Entered', properties: { audience_key: 'x', x: true } }, isRejected: false },
  { body: { type: 'track', event: 'Order Completed', properties: { order_id: 'o-1' } }, isRejected: true },
  {
    body: { type: 'track', event: 'Order Completed', traits: POOR_PERSON, properties: { userListAdd: [] } },
    isRejected: true,
  },
  { body: { type: 'track', event: 'Synced', traits: POOR_PERSON }, isRejected: true },
  { body: { type: 'record', action: 'upsert', fields: { EMAIL: 'person1@example.com' } }, isRejected: true },
  { body: { type: 'record', action: 'insert', fields: { FN: 'ada' } }, isRejected: true },
  {
    body: {
      ...{ type: 'record', action: 'insert', fields: { EMAIL: 'person1@example.com' } },
      context: { externalId: [{ type: 'FB_CUSTOM_AUDIENCE-60099' }] },
    },
    isRejected: true,
  },
  { body: { type: 'audiencelist', properties: { listData: { add: [] } } }, isRejected: true },
]

/** Queue messages that this product did not write: each must end in the dead letters, as it is. */
export const UNDECODABLE: readonly string[] = [
  'no JSON',
  '{"version":1,"source":"server","receivedAt":"yesterday","events":[]}',
  '{"version":1,"kind":"rows","destination":"shop","audienceIds":["60001"],"schema":["EMAIL"],"remove":[],"add":[[0,0,[]]]}',
]
