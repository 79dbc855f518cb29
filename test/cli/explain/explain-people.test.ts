import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { explain } from '../../../lib/cli/explain/explain.ts'
import { explanationTable } from '../../../lib/cli/explain/explanation-table.ts'
import { aTerminal } from '../a-terminal.ts'
import { NOON } from '../../support/ingest.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const SETTINGS = settingsOf({
  sources: [{ name: 'server' }, { name: 'warehouse' }],
  destinations: [
    aDestination({
      userSchema: ['EMAIL', 'FN'],
      events: { 'Order Completed': { audiences: AUDIENCE, action: 'add' } },
      memberships: { high_value: OTHER_AUDIENCE },
      sourceAudience: { warehouse: '23846440602800585' },
    }),
  ],
})
const traits = { email: 'Ann@Example.com', firstName: 'Ann' }
const ROW = [sha256('ann@example.com'), sha256('ann')]

const explained = (call: object, source?: string) =>
  explain(
    { messageId: 'm-1', originalTimestamp: '2026-11-23T11:00:00Z', ...call },
    SETTINGS,
    () => NOON,
    SETTINGS.sources.find(({ name }) => name === source),
  )

describe('explain shows what a call about one person leads to', () => {
  test.each([
    ['an event with an action', { type: 'track', event: 'Order Completed', context: { traits } }, 'POST', AUDIENCE],
    ['a membership', { type: 'identify', traits: { ...traits, high_value: false } }, 'DELETE', OTHER_AUDIENCE],
    [
      'a record',
      { type: 'record', action: 'delete', fields: { EMAIL: traits.email, FN: 'Ann' } },
      'DELETE',
      '23846440602800585',
    ],
  ])('%s', (_, call, method, audienceId) => {
    const { requests, users, error } = explained(call)
    expect(error).toBeNull()
    expect(requests).toMatchObject([{ method, audienceId, body: { payload: { data: [ROW] } } }])
    expect(users).toMatchObject([{ destination: 'main', list: 'person', index: 0 }])
  })

  test('field by field, in a table of one person', () => {
    const table = explanationTable(
      explained({ type: 'track', event: 'Order Completed', context: { traits } }),
      aTerminal(),
    )
    expect(table).toContain('person for destination main')
    expect(table).toMatch(/EMAIL +Ann@Example\.com +ann@example\.com +[0-9a-f]{12}…$/m)
  })

  test('a call that names nobody, with the paths that it has', () => {
    const call = { type: 'track', event: 'Order Completed', properties: { buyer_mail: 'ann@example.com', total: 7 } }
    const explanation = explained(call)
    const keys = ['properties.buyer_mail', 'properties.total']
    expect(explanation.rejected).toMatchObject([{ code: 'person_missing', keys }])
    expect(explanationTable(explanation, aTerminal())).toContain('It has: properties.buyer_mail, properties.total.')
  })

  test('a key that nobody maps, with those that are mapped', () => {
    const call = { type: 'track', event: 'Audience Entered', properties: { audience_key: 'high_valu', ...traits } }
    const explanation = explained(call)
    expect(explanation.ignored).toMatchObject([
      { code: 'membership_unmapped', key: 'high_valu', mapped: ['high_value'] },
    ])
    expect(explanationTable(explanation, aTerminal())).toContain(
      'the audience key "high_valu". Mapped are: high_value.',
    )
  })

  test('as the source that sends it: one without an audience has none for a record', () => {
    const record = { type: 'record', action: 'insert', fields: { EMAIL: traits.email } }
    expect(explained(record, 'server').error).toMatchObject({ code: 'audience_missing' })
    expect(explained(record, 'warehouse').requests).toHaveLength(1)
  })
})

test('a record without a type is explained as /v1/record takes it', () => {
  const { requests, error } = explained({ action: 'insert', fields: { EMAIL: traits.email, FN: 'Ann' } })
  expect([error, requests.map(({ body }) => body.payload.data)]).toEqual([null, [[ROW]]])
  expect(explained({ action: 'insert' }).error).toMatchObject({ code: 'no_events' })
})

test('more people than ingest takes are refused with its words', () => {
  const batch = new Array(80_000).fill({ event: 'Order Completed', traits: { email: 'ann@example.com' } })
  const explanation = explained({ batch })
  expect([explanation.requests, explanation.error]).toEqual([
    [],
    { code: 'too_many_people', message: expect.stringContaining('too many people') as string },
  ])
  expect(explanationTable(explanation, aTerminal())).toContain('Not usable: too_many_people')
})
