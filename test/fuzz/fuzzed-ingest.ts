import { anIngest } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'
import { KEYS } from './odd-request.ts'

const sources = [
  { name: 'server' },
  { name: 'web', allowedOrigins: ['https://shop.example'] },
  { name: 'hooks', signed: true, secretHeader: 'X-Audience-Key' },
]
const everywhere = sources.map(({ name }) => name)
const settings = settingsOf({
  sources,
  destinations: [
    aDestination({ sources: everywhere, userSchema: ['EMAIL', 'PHONE', 'EXTERN_ID'], limitedDataUse: true }),
    aDestination({
      sources: everywhere,
      name: 'other',
      events: { USER_ADD: ['23846440602800001', '23846440602800002'] },
    }),
    aDestination({
      sources: everywhere,
      name: 'people',
      userSchema: ['EMAIL', 'PHONE', 'FN', 'DOBY', 'ZIP', 'MADID', 'EXTERN_ID'],
      events: {
        'Order Completed': { audiences: '23846440602800003', action: 'add' },
        'Order Refunded': { audiences: '23846440602800003', action: 'remove' },
      },
      memberships: { high_value: '23846440602800004', lapsed: ['23846440602800004', '23846440602800005'] },
      sourceAudience: Object.fromEntries(everywhere.map((name) => [name, '23846440602800006'])),
      consent: { categories: ['advertising', '__proto__'], unknown: 'send', onDenial: 'remove' },
      userFields: {
        EMAIL: ['properties.customers[0].mail', 'properties.a.a.a.a.a.a.a.a', 'properties.__proto__.EMAIL'],
        EXTERN_ID: ['traits.constructor.name', 'fields.length', 'userId'],
      },
    }),
  ],
})

/** An ingest function with a source of each kind, and a destination for each thing that users are sent for. */
export const fuzzedIngest = () => anIngest({ settings, secret: JSON.stringify(KEYS) })
