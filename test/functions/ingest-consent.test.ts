import { expect, test } from 'vitest'
import { aTrack, anIngest, basic } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

const settings = settingsOf({
  sources: [{ name: 'server' }, { name: 'web', allowedOrigins: ['https://shop.example'] }],
  destinations: [aDestination({ sources: ['server', 'web'], consent: { categories: ['advertising'] } })],
})
const denied = aTrack({ context: { consent: { categoryPreferences: { advertising: false } } } })

test('the answer tells whom consent kept from being added where, and the metric counts them', async () => {
  const ingest = anIngest({ settings })
  const { status, body } = await ingest.send({ body: denied })
  expect([status, body.accepted]).toEqual([200, 1])
  expect(body.warnings).toEqual([
    {
      ...{ index: 0, code: 'consent_denied', count: 1, destination: 'main', category: 'advertising', said: 'denied' },
      ...{ field: 'context.consent.categoryPreferences.advertising', given: 'false' },
      message: expect.stringContaining('context.consent.categoryPreferences') as string,
    },
  ])
  expect([ingest.track, ingest.removal, ingest.session]).toEqual([[], [], []])
  expect(ingest.measures).toContainEqual(['EventWarnings', 1, { source: 'server', reason: 'consent_denied' }])
  expect(ingest.logs).toContainEqual([
    'warn',
    'events_warned',
    { source: 'server', reason: 'consent_denied', count: 1 },
  ])
})

test('a browser is told the code and the number alone, because anybody may ask', async () => {
  const ingest = anIngest({ settings, secret: '{"server":"key","web":"web-key"}' })
  const headers = { Authorization: basic('web-key'), Origin: 'https://shop.example' }
  const { body } = await ingest.send({ headers, body: denied })
  expect(body.warnings).toEqual([{ index: 0, code: 'consent_denied', count: 1 }])
})
