import type { TokenSource } from '../../lib/graph-api/access-token.ts'
import type { Destination } from '../../lib/config/destinations-schema.ts'
import type { CheckToken } from '../../lib/graph-api/debug-token.ts'
import { versionEnd } from '../../lib/graph-api/versions.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'

type HealthDependencies = {
  destinations: readonly Destination[]
  token: (destination: string) => TokenSource
  checkToken: CheckToken
  log: Log
  measure: Measure
  clock: () => number
}

/** Some tokens could not be checked. Lambda runs the function again, and then counts an error. */
export class HealthCheckError extends Error {
  override name = 'HealthCheckError' as const
}

/**
 * Measures how many days the access token and the API version of every destination have left. A token that nobody has
 * put in yet is not measured.
 */
export function createHealthHandler({ destinations, token, checkToken, log, measure, clock }: HealthDependencies) {
  const checkVersion = ({ name: destination, apiVersion }: Destination) => {
    const end = versionEnd(apiVersion, clock())
    if (end) measure('VersionDaysLeft', end.daysLeft, { destination })
    else log('warn', 'version_unknown', { destination, reason: apiVersion })
  }

  const check = async ({ name: destination, apiVersion }: Destination): Promise<boolean> => {
    const reading = await token(destination).get()
    const checked = reading.ok ? await checkToken(apiVersion, reading.token) : reading
    if (checked.ok) {
      measure('TokenDaysLeft', checked.daysLeft, { destination })
      log('info', 'token_checked', { destination, daysLeft: checked.daysLeft })
      return true
    }
    log('warn', 'token_not_checked', { destination, reason: checked.reason })
    return checked.reason === 'token_not_set'
  }

  return async (): Promise<void> => {
    destinations.forEach(checkVersion)
    const checked = await Promise.all(destinations.map(check))
    const failed = checked.filter((ok) => !ok).length
    if (failed > 0) throw new HealthCheckError(`${failed} access tokens could not be checked`)
  }
}
