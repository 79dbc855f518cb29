import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import { createHash } from 'node:crypto'
import { beforeAll, expect, test, vi } from 'vitest'
import type { LocalStack } from '../../lib/local/stack.ts'
import { startTemporaryStack } from '../support/temporary-stack.ts'
import { sent } from './sent.ts'

const [LISTED, ORDERED, VIP, PLAIN] = [
  '23846440602800601',
  '23846440602800602',
  '23846440602800603',
  '23846440602800604',
]
const KEY = 'local-write-key-server'

let stack: LocalStack
beforeAll(async () => {
  const destination = { userSchema: ['EMAIL'] }
  const settings = {
    sources: [{ name: 'server' }],
    destinations: [
      {
        ...{ ...destination, name: 'asks', memberships: { vip: VIP } },
        events: { USER_ADD: LISTED, 'Order Completed': { audiences: ORDERED, action: 'add' } },
        consent: { categories: ['advertising'], onDenial: 'remove' },
      },
      {
        ...{ ...destination, name: 'plain' },
        events: { 'Order Completed': { audiences: PLAIN, action: 'add' } },
      },
    ],
  }
  stack = await startTemporaryStack(settings, { batchWindow: 0 })
  return () => stack.close()
}, 120_000)

const segment = () => new Analytics({ writeKey: KEY, host: stack.url, flushAt: 1 })
const rudder = () => new RudderAnalytics(KEY, { dataPlaneUrl: stack.url, flushAt: 1, logLevel: 'none' })
const segmentContext = (advertising: boolean) => ({
  consent: { categoryPreferences: { advertising, analytics: true } },
})
const rudderContext = (advertising: boolean) => ({
  consentManagement: {
    ...{ provider: 'custom', resolutionStrategy: 'and' },
    allowedConsentIds: advertising ? ['advertising'] : [],
    deniedConsentIds: advertising ? [] : ['advertising'],
  },
})
const email = (name: string) => `${name}@example.com`
const hash = (name: string) => createHash('sha256').update(email(name)).digest('hex')

/** Waits until the members of an audience are these. */
const becomes = (audienceId: string, ...names: string[]) =>
  vi.waitFor(
    async () => {
      const answer = await fetch(`${stack.graphUrl}/_emulator/audiences/${audienceId}/members`)
      const { members } = (await answer.json()) as { members: { EMAIL: string }[] }
      expect(members.map(({ EMAIL }) => EMAIL).sort()).toEqual(names.map(hash).sort())
    },
    { timeout: 60_000, interval: 100 },
  )

test('people are in the audiences of a destination by their consent, as SDKs tell it, until they deny', async () => {
  const [shop, app] = [segment(), rudder()]
  const order = (name: string, context: object) =>
    sent((done) =>
      shop.track({ userId: name, event: 'Order Completed', properties: { email: email(name) }, context }, done),
    )
  await order('ann', segmentContext(true))
  await order('bob', segmentContext(false))
  await order('cleo', {})
  await sent((done) =>
    app.identify({ userId: 'ann', traits: { email: email('ann'), vip: true }, context: rudderContext(true) }, done),
  )
  await sent((done) =>
    app.identify({ userId: 'dan', traits: { email: email('dan'), vip: true }, context: rudderContext(false) }, done),
  )
  const userListAdd = [
    { EMAIL: email('ann'), consent: true },
    { EMAIL: email('bob'), consent: false },
    { EMAIL: email('eve') },
  ]
  await sent((done) => app.track({ userId: 'server', event: 'USER_ADD', properties: { userListAdd } }, done))
  await becomes(PLAIN, 'ann', 'bob', 'cleo')
  await becomes(ORDERED, 'ann')
  await becomes(VIP, 'ann')
  await becomes(LISTED, 'ann')

  // Segment's event for a changed consent: nobody maps it, and it names Ann by her traits.
  const change = { userId: 'ann', event: 'Segment Consent Preference Updated' }
  const context = { ...segmentContext(false), traits: { email: email('ann') } }
  await sent((done) => shop.track({ ...change, context }, done))
  await becomes(ORDERED)
  await becomes(VIP)
  await becomes(LISTED)
  await becomes(PLAIN, 'ann', 'bob', 'cleo')
})
