import { createEventReader } from '../../lib/track/selection.ts'
import { NOON } from '../support/ingest.ts'
import { aDestination, settingsOf } from '../support/settings.ts'

/** What a server's request with these calls leads to, with these destinations. */
export function readCalls(calls: readonly unknown[], ...destinations: Record<string, unknown>[]) {
  const settings = settingsOf({ destinations: destinations.map(aDestination) })
  const [source] = settings.sources
  if (!source) throw new Error('the settings have no source')
  const receipt = { routeType: undefined, receivedAt: NOON, newId: () => 'new-id' }
  return createEventReader(settings, source).read(calls, receipt)
}
