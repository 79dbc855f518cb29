import type { Partly, SettingProblem } from '../lib/config/setting-problem.ts'
import type { Destination } from '../lib/config/destinations-schema.ts'
import { endedVersions } from '../lib/graph-api/versions.ts'
import { tooLongNames } from './secret-policies.ts'
import { tooManyDestinations } from './stack-size.ts'

/** Valid destinations, or the readable settings of invalid ones. */
type Given = Partly<Pick<Destination, 'apiVersion' | 'accessTokenSecret'>>

/** Why valid destinations cannot be deployed: API versions that have ended, and AWS's limits. */
export function notDeployable(destinations: readonly Given[], today: Date): SettingProblem[] {
  return [...endedVersions(destinations, today), ...tooManyDestinations(destinations), ...tooLongNames(destinations)]
}
