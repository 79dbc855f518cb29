import { describe, expect, test } from 'vitest'
import { NOON } from '../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'
import { createEventReader } from '../../lib/track/selection.ts'

const people = {
  userSchema: ['EMAIL', 'MADID'],
  events: { 'Order Completed': { audiences: AUDIENCE, action: 'add' } },
  memberships: { vip: AUDIENCE },
  sourceAudience: { server: AUDIENCE },
}
const ADS = { categories: ['advertising'], unknown: 'send', onDenial: 'remove' }

function read(body: object, destination: object = {}) {
  const settings = settingsOf({ destinations: [aDestination({ ...people, ...destination })] })
  const [source] = settings.sources
  if (!source) throw new Error('the settings have no source')
  const { read: readBody } = createEventReader(settings, source)
  return readBody(body, { routeType: undefined, receivedAt: NOON, newId: () => 'new-id' })
}
const queued = ({ lists }: ReturnType<typeof read>) =>
  lists.map(({ by, direction, name, users }) => [by, direction, name, users[0]])

const order = { event: 'Order Completed', traits: { email: 'ann@example.com' } }
const ANN = { EMAIL: 'ann@example.com' }
const says = (advertising: unknown) => ({ consent: { categoryPreferences: { advertising } } })

describe('the context of a batch', () => {
  test('denies for its calls, whom it keeps from being added and removes', () => {
    const reading = read({ batch: [order], context: says(false) }, { consent: ADS })
    expect(queued(reading)).toEqual([['destination', 'remove', 'main', ANN]])
    expect(reading.warnings.counts).toMatchObject({ consent_denied: 1 })
  })

  test.each<[batch: unknown, call: unknown, directions: string[]]>([
    [true, undefined, ['add']],
    [undefined, true, ['add']],
    [true, false, ['remove']],
    [false, true, ['remove']],
    ['no', true, []],
    [undefined, undefined, []],
  ])('says of consent %j beside %j of a call: a denial counts from either', (batch, call, directions) => {
    const body = { batch: [{ ...order, context: says(call) }], context: says(batch) }
    const { lists } = read(body, { consent: { ...ADS, unknown: 'drop' } })
    expect(lists.map(({ direction }) => direction)).toEqual(directions)
  })

  test('that is text may be a denial', () => {
    expect(read({ batch: [order], context: 'denied' }, { consent: ADS }).lists).toEqual([])
  })

  test('says who calls are about, beneath the traits of their own context', () => {
    const batch = [
      { event: 'Order Completed' },
      { event: 'Order Completed', context: { traits: { firstName: 'Bob', email: '' }, locale: 'de' } },
      { event: 'Order Completed', context: { traits: { email: 'bob@example.com' } } },
      { event: 'Order Completed', context: null },
    ]
    const emails = read({ batch, context: { traits: { email: 'ann@example.com' } } }).lists.map(
      ({ users }) => users[0]?.EMAIL,
    )
    expect(emails).toEqual(['ann@example.com', 'ann@example.com', 'bob@example.com', 'ann@example.com'])
  })

  test('says it where userFields looks as well', () => {
    const body = { batch: [{ event: 'Order Completed' }], context: { shop: { buyer: 'ann@example.com' } } }
    expect(queued(read(body, { userFields: { EMAIL: ['context.shop.buyer'] } }))).toEqual([
      ['event', 'add', 'Order Completed', ANN],
    ])
  })

  test('says it by the ids of other tools, beside which a call keeps its own', () => {
    const userFields = { EMAIL: ['context.externalId[0].id'] }
    const external = (...ids: string[]) => ({ externalId: ids.map((id) => ({ type: 'crm', id })) })
    const batch = [
      { event: 'Order Completed' },
      { event: 'Order Completed', context: { locale: 'de' } },
      { event: 'Order Completed', context: external('bob@example.com') },
    ]
    const emails = read({ batch, context: external('ann@example.com') }, { userFields }).lists.map(
      ({ users }) => users[0]?.EMAIL,
    )
    expect(emails).toEqual(['ann@example.com', 'ann@example.com', 'bob@example.com'])
    const record = { type: 'record', action: 'delete', context: external('bob@example.com') }
    const audience = { externalId: [{ type: `FB_CUSTOM_AUDIENCE-${AUDIENCE}` }] }
    expect(queued(read({ batch: [record], context: audience }, { userFields }))).toEqual([
      ['audience', 'remove', AUDIENCE, { EMAIL: 'bob@example.com' }],
    ])
  })

  test('says it by keys with dots', () => {
    const userFields = { EMAIL: ['context.shop.buyer'] }
    const device = { 'device.advertisingId': 'EA7583CD-A667-48BC-B806-42ECB2B48606', 'device.adTrackingEnabled': false }
    const body = (context: object) => ({ batch: [{ event: 'Order Completed' }], context })
    const add = [['event', 'add', 'Order Completed', ANN]]
    expect(queued(read(body({ 'shop.buyer': 'ann@example.com', ...device }), { userFields }))).toEqual(add)
    expect(queued(read(body({ 'traits.email': 'ann@example.com' })))).toEqual(add)
  })

  test('says that calls are about an audience, and that the owner of a device refuses tracking', () => {
    const personas = { computation_class: 'audience', computation_key: 'vip' }
    const call = {
      ...{ event: 'Any', properties: { vip: true, email: 'ann@example.com' } },
      context: { device: { advertisingId: 'EA7583CD-A667-48BC-B806-42ECB2B48606' } },
    }
    const body = { batch: [call], context: { personas, device: { adTrackingEnabled: false } } }
    expect(queued(read(body))).toEqual([['membership', 'add', 'vip', ANN]])
  })

  test('names the audience of records, unless they do; that of nobody is never that of the source', () => {
    const other = { events: { Other: OTHER_AUDIENCE } }
    const external = (id: string) => ({ externalId: [{ type: `FB_CUSTOM_AUDIENCE-${id}` }] })
    const record = { type: 'record', action: 'insert', fields: { EMAIL: 'ann@example.com' } }
    const otherTool = { context: { externalId: [{ type: 'HUBSPOT-contacts' }] } }
    const batch = [record, { ...record, context: external(AUDIENCE) }, { ...record, ...otherTool }]
    const names = (context: object) => queued(read({ batch, context }, other)).map(([, , name]) => name)
    expect(names(external(OTHER_AUDIENCE))).toEqual([OTHER_AUDIENCE, AUDIENCE, OTHER_AUDIENCE])
    expect(names(external('none'))).toEqual([AUDIENCE])
    expect(names({})).toEqual(['server', AUDIENCE, 'server'])
  })

  test('counts for each of its calls in the limit of a request, however deeply it is nested', () => {
    const nested: unknown = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
    const batch = new Array(1_000).fill({ event: 'Order Completed' })
    expect(read({ batch, context: { traits: nested } }).tooManyPeople).toBe(true)
    expect(read({ batch, context: { externalId: nested } }).tooManyPeople).toBe(true)
    expect(read({ batch, context: { page: nested } }).tooManyPeople).toBe(false)
  })

  test('of a call that comes alone is its own', () => {
    const { rejected, lists } = read({ ...order, context: { traits: { email: 'bob@example.com' } } })
    expect([rejected.named, lists.length]).toEqual([[], 1])
  })
})
