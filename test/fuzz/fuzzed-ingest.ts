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
  ],
})
/** An ingest function with a source of each kind, and a destination for each thing that users are sent for. */
export const fuzzedIngest = () => anIngest({ settings, secret: JSON.stringify(KEYS) })
