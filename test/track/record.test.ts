import { describe, expect, test } from 'vitest'
import { createEventReader } from '../../lib/track/selection.ts'
import { NOON } from '../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'
import { readCalls } from './read-calls.ts'

const WAREHOUSE = {
  userSchema: ['EMAIL', 'FN', 'EXTERN_ID'],
  events: { USER_ADD: OTHER_AUDIENCE },
  sourceAudience: { warehouse: AUDIENCE },
}
const SERVER_ONLY = aDestination({ name: 'other', sources: ['server'], events: { A: '23846440602800599' } })
const times = { messageId: 'm-1', recordId: '3', originalTimestamp: '2026-11-23T12:00:00.000Z' }

function read(
  call: Record<string, unknown>,
  destination: Record<string, unknown> = WAREHOUSE,
  sourceName = 'warehouse',
) {
  const sources = [{ name: 'warehouse' }, { name: 'server' }]
  const settings = settingsOf({ sources, destinations: [aDestination(destination), SERVER_ONLY] })
  const source = settings.sources.find(({ name }) => name === sourceName)
  if (!source) throw new Error('no such source')
  const receipt = { routeType: undefined, receivedAt: NOON, newId: () => 'new-id' }
  return createEventReader(settings, source).read([{ ...times, ...call }], receipt)
}

const record = (more: Record<string, unknown> = {}) => ({
  ...{ type: 'record', action: 'insert', identifiers: { EMAIL: 'ann@example.com' }, ...more },
})
const externalId = (id: string) => ({
  context: { mappedToDestination: 'true', externalId: [{ type: `FB_CUSTOM_AUDIENCE-${id}`, identifierType: 'EMAIL' }] },
})

describe('a record of a warehouse sync', () => {
  test.each([
    ['insert', 'add'],
    ['update', 'add'],
    ['delete', 'remove'],
  ])('that is %s means %s, in the audience of its source', (action, direction) => {
    expect(read(record({ action })).lists).toMatchObject([
      { by: 'source', name: 'warehouse', direction, users: [{ EMAIL: 'ann@example.com' }] },
    ])
  })

  test.each([undefined, 'upsert', 7])('with the action %j is rejected', (action) => {
    expect(read(record({ action })).rejected.named).toMatchObject([{ code: 'record_action', field: 'action' }])
  })

  test('names its person by columns in any case, in fields or identifiers', () => {
    const { lists } = read(
      record({ identifiers: { extern_id: 'c-1' }, fields: { Email: 'ann@example.com', FN: 'Ann' } }),
    )
    expect(lists[0]?.users).toEqual([{ EMAIL: 'ann@example.com', FN: 'Ann', EXTERN_ID: 'c-1' }])
  })

  test('names its person by userFields as well, which come first', () => {
    const userFields = { EMAIL: ['fields.work_mail'] }
    const fields = { work_mail: 'work@example.com', EMAIL: 'home@example.com' }
    const { lists } = read(record({ identifiers: undefined, fields }), { ...WAREHOUSE, userFields })
    expect(lists[0]?.users).toEqual([{ EMAIL: 'work@example.com' }])
  })

  test('is warned of columns that are none of Meta’s', () => {
    const { warnings } = read(record({ fields: { e_mail_adress: 'x', loyalty: 1 } }))
    expect(warnings.named).toMatchObject([
      { code: 'field_unknown', field: 'e_mail_adress', suggestion: 'EMAIL' },
      { code: 'field_unknown', field: 'loyalty' },
    ])
  })

  test('is warned of its columns once, whatever the number of destinations, and not of those that userFields reads', () => {
    const destinations = [0, 1, 2, 3].map((n) => ({
      ...{ name: `shop-${n}`, userSchema: n === 0 ? ['EMAIL', 'FN'] : ['EMAIL'], events: {} },
      sourceAudience: { server: String(23846440602800582n + BigInt(n)) },
      userFields: { EMAIL: [`fields.mail${n}`, 'fields.customer.mail'] },
    }))
    const fields = { loyalty: 1, FN: 'Ann', LN: 'Lee', mail0: 'a@b.de', 'customer.mail': 'c@d.de' }
    const { lists, warnings } = readCalls([{ ...times, type: 'record', action: 'insert', fields }], ...destinations)
    expect(lists).toHaveLength(4)
    expect(warnings.named).toEqual([
      { index: 0, code: 'field_not_in_schema', field: 'LN', count: 1 },
      { index: 0, code: 'field_unknown', field: 'loyalty', count: 1 },
    ])
  })

  test.each([
    [{ EMAIL: 'new@b.de' }, { email: 'old@b.de' }],
    [{ email: 'new@b.de' }, { EMAIL: 'old@b.de' }],
    [{ EMAIL_SHA256: 'new@b.de' }, { EMAIL: 'old@b.de' }],
  ])('is named by %j of its fields before %j of its identifiers, whatever the spelling', (fields, identifiers) => {
    expect(read(record({ fields, identifiers })).lists[0]?.users).toEqual([{ EMAIL: 'new@b.de' }])
  })

  test('is read once, however many destinations look for its person in other places', () => {
    let reads = 0
    const fields = new Proxy(
      { EMAIL: 'ann@example.com' },
      { ownKeys: (target) => ((reads += 1), Reflect.ownKeys(target)) },
    )
    const readsFor = (count: number) => {
      const destinations = Array.from({ length: count }, (_, n) => ({
        ...{ name: `shop-${n}`, events: {}, sourceAudience: { server: String(23846440602800582n + BigInt(n)) } },
        ...{ userFields: { EMAIL: [`fields.mail${n}`] }, consent: { categories: ['ads'], onDenial: 'remove' } },
      }))
      const context = { consent: { categoryPreferences: { ads: false } } }
      reads = 0
      readCalls([{ ...times, type: 'record', action: 'delete', fields, context }], ...destinations)
      return reads
    }
    expect(readsFor(10)).toBe(readsFor(1))
  })

  test.each([null, '', ' '])('finds an identifier beside a field of the same name that is %j', (EMAIL) => {
    const { lists } = read(record({ action: 'delete', fields: { EMAIL } }))
    expect(lists).toMatchObject([{ direction: 'remove', users: [{ EMAIL: 'ann@example.com' }] }])
  })

  test('whose EXTERN_ID is an e-mail address goes without it, and is told: it would be sent as it is', () => {
    const { lists, warnings } = read(record({ fields: { extern_id: 'ann@example.com', FN: 'Ann' } }))
    expect(lists[0]?.users).toEqual([{ EMAIL: 'ann@example.com', FN: 'Ann' }])
    expect(warnings.counts).toEqual({ external_id_is_email: 1 })
    const hidden = { identifiers: { EXTERN_ID: 'c-1' }, fields: { EXTERN_ID: ['ann@example.com'] } }
    expect(read(record({ action: 'delete', ...hidden })).lists[0]?.users).toEqual([{ EXTERN_ID: 'c-1' }])
    const alone = { identifiers: undefined, fields: { EXTERN_ID: 'ann@example.com' } }
    expect(read(record(alone)).rejected.counts).toEqual({ person_missing: 1 })
  })

  test('that names nobody is rejected', () => {
    const { rejected } = read(record({ identifiers: { user: 'ann' } }))
    expect(rejected.named).toMatchObject([{ code: 'person_missing', keys: ['identifiers.user'] }])
  })
})

describe('the audience of a record', () => {
  test('is the one that it names, which wins over that of its source', () => {
    expect(read(record(externalId(OTHER_AUDIENCE))).lists).toMatchObject([{ by: 'audience', name: OTHER_AUDIENCE }])
  })

  test('may not be one that the settings do not name: a sender must not choose', () => {
    const { lists, rejected } = read(record(externalId('23846440602809999')))
    expect(lists).toEqual([])
    expect(rejected.named).toMatchObject([{ code: 'audience_unknown', field: 'context.externalId' }])
  })

  test.each([
    ['in small letters', [{ type: `fb_custom_audience-${OTHER_AUDIENCE}` }]],
    ['without a list around it', { type: `FB_CUSTOM_AUDIENCE-${OTHER_AUDIENCE}` }],
    ['as text', [`FB_CUSTOM_AUDIENCE-${OTHER_AUDIENCE}`]],
  ])('may be written %s', (_, given) => {
    expect(read(record({ context: { externalId: given } })).lists).toMatchObject([{ name: OTHER_AUDIENCE }])
  })

  test.each([
    ['beside its type', { type: 'FB_CUSTOM_AUDIENCE', id: OTHER_AUDIENCE }],
    ['nowhere', { type: 'FB_CUSTOM_AUDIENCE-' }],
    ['after an underscore', { type: `FB_CUSTOM_AUDIENCE_${OTHER_AUDIENCE}` }],
    ['on two lines', { type: 'FB_CUSTOM_AUDIENCE-99\n9' }],
    ['after 80,000 blanks', { type: `FB_CUSTOM_AUDIENCE-${' '.repeat(80_000)}${OTHER_AUDIENCE}` }],
    ['in a list in the list', [{ type: `FB_CUSTOM_AUDIENCE-${OTHER_AUDIENCE}` }]],
    ['in a map', { a: { type: `FB_CUSTOM_AUDIENCE-${OTHER_AUDIENCE}` } }],
    ['in JSON as text', `[{"type":"FB_CUSTOM_AUDIENCE-${OTHER_AUDIENCE}"}]`],
    ['in a key', { [`FB_CUSTOM_AUDIENCE-${OTHER_AUDIENCE}`]: 'EMAIL' }],
  ])('is never that of the source where its id stands %s', (_, given) => {
    const { lists, rejected } = read(record({ context: { externalId: [given] } }))
    expect(lists).toEqual([])
    expect(rejected.named).toMatchObject([{ code: 'audience_unknown', field: 'context.externalId' }])
  })

  test('is not chosen among two that it names: it must name one', () => {
    const [one, two] = [AUDIENCE, OTHER_AUDIENCE].map((id) => ({ type: `FB_CUSTOM_AUDIENCE-${id}` }))
    const { lists, rejected } = read(record({ context: { externalId: [one, two] } }))
    expect([lists, rejected.counts]).toEqual([[], { audience_unknown: 1 }])
    expect(read(record({ context: { externalId: [one, one] } })).lists).toMatchObject([{ name: AUDIENCE }])
  })

  test('is that of its source where the external id is of another product', () => {
    expect(read(record({ context: { externalId: [{ type: 'GOOGLE_ADWORDS-1' }] } })).lists).toMatchObject([
      { by: 'source', name: 'warehouse' },
    ])
  })

  test('may not be one of a destination that its source does not feed', () => {
    const { rejected } = read(record(externalId('23846440602800599')))
    expect(rejected.named).toMatchObject([{ code: 'audience_unknown' }])
  })

  test.each([
    ['in another case', [{ type: `fb_custom_audience-${OTHER_AUDIENCE}` }]],
    ['with blanks', [{ type: `FB_CUSTOM_AUDIENCE- ${OTHER_AUDIENCE} ` }]],
    ['in no list', { type: `FB_CUSTOM_AUDIENCE-${OTHER_AUDIENCE}` }],
  ])('is the one that it names %s too', (_, externalId) => {
    expect(read(record({ context: { externalId } })).lists).toMatchObject([{ by: 'audience', name: OTHER_AUDIENCE }])
  })

  test('is not that of its source where it names one without an id', () => {
    const { lists, rejected } = read(
      record({ context: { externalId: [{ type: 'FB_CUSTOM_AUDIENCE', id: AUDIENCE }] } }),
    )
    expect([lists, rejected.counts]).toEqual([[], { audience_unknown: 1 }])
  })

  test('is that of its source where it names ids of other tools', () => {
    const { lists } = read(record({ context: { externalId: [{ type: 'HS-contacts', id: '7' }] } }))
    expect(lists).toMatchObject([{ by: 'source', name: 'warehouse' }])
  })

  test('is missing where neither names one', () => {
    expect(read(record(), WAREHOUSE, 'server').rejected.named).toMatchObject([{ code: 'audience_missing' }])
  })
})

describe('an audiencelist call', () => {
  const lists = { listData: { add: [{ EMAIL: 'in@b.c' }], remove: [{ EMAIL: 'out@b.c' }] } }

  test('without an event feeds the audience of its source', () => {
    expect(read({ type: 'audiencelist', properties: lists }).lists).toMatchObject([
      { by: 'source', name: 'warehouse', direction: 'add', users: [{ EMAIL: 'in@b.c' }] },
      { by: 'source', name: 'warehouse', direction: 'remove', users: [{ EMAIL: 'out@b.c' }] },
    ])
  })

  test('with an event feeds what that is mapped to', () => {
    expect(read({ type: 'audiencelist', event: 'USER_ADD', properties: lists }).lists).toMatchObject([
      { by: 'event', name: 'USER_ADD', direction: 'add' },
      { by: 'event', name: 'USER_ADD', direction: 'remove' },
    ])
  })

  test('without an event, of a source without an audience, is rejected', () => {
    const { rejected } = read({ type: 'audiencelist', properties: lists }, WAREHOUSE, 'server')
    expect(rejected.named).toMatchObject([{ code: 'audience_missing' }])
  })

  test('may go with a session, like every list', () => {
    const session = { sessionIdAdd: 7, batchSequence: 1, lastBatchFlag: true }
    const [list] = read({ type: 'audiencelist', properties: { userListAdd: [{ EMAIL: 'in@b.c' }], ...session } }).lists
    expect(list).toMatchObject({ destinations: ['main'], session: { sessionId: '7', lastBatch: true } })
  })
})
