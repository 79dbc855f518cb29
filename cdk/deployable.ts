import type { Partly } from '../lib/config/destination-rules.ts'
import type { Destination } from '../lib/config/destinations-schema.ts'
import type { SettingProblem } from '../lib/config/setting-problem.ts'
import { endedVersions } from '../lib/graph-api/versions.ts'
import { tooLongNames } from './secret-policies.ts'
import { tooManyDestinations } from './stack-size.ts'

/** Destinations as they are, or as far as they can be read beside what is wrong with them. */
type Given = Partly<Pick<Destination, 'apiVersion' | 'accessTokenSecret'>>

/** Why destinations that are right by themselves cannot be deployed: ended versions, and what AWS's limits refuse. */
export function notDeployable(destinations: readonly Given[], today: Date): SettingProblem[] {
  return [...endedVersions(destinations, today), ...tooManyDestinations(destinations), ...tooLongNames(destinations)]
}
