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
]

/** Queue messages that this product did not write: each must end in the dead letters, as it is. */
export const UNDECODABLE: readonly string[] = [
  'no JSON',
  '{"version":1,"source":"server","receivedAt":"yesterday","events":[]}',
  '{"version":1,"kind":"rows","destination":"shop","audienceIds":["60001"],"schema":["EMAIL"],"remove":[],"add":[[0,0,[]]]}',
]
