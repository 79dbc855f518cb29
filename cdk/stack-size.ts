import type { Partly, SettingProblem } from '../lib/config/setting-problem.ts'
import type { Destination } from '../lib/config/destinations-schema.ts'

/** CloudFormation takes 500 resources in a stack; everything but destinations takes at most 81: see limits.test.ts. */
const RESOURCES_OF_DESTINATIONS = 500 - 81

/** Four alarms (two in a trial run, which ends), and the secret that the stack makes when destinations.json names none. */
const ALARMS = 4
const SECRET = 1

/** The problem when there are more destinations than one stack can hold. */
export function tooManyDestinations(
  destinations: readonly Partly<Pick<Destination, 'accessTokenSecret'>>[],
): SettingProblem[] {
  const made = destinations.filter(({ accessTokenSecret }) => accessTokenSecret === undefined).length
  const resources = destinations.length * ALARMS + made * SECRET
  if (resources <= RESOURCES_OF_DESTINATIONS) return []
  const most = (each: number) => String(Math.floor(RESOURCES_OF_DESTINATIONS / each))
  return [
    {
      path: 'destinations',
      message: `are ${destinations.length}, and a stack can hold ${most(ALARMS + SECRET)} with secrets that it makes, or ${most(ALARMS)} that name their accessTokenSecret. Divide them between two stacks, each with a stackName, a destinations file and a source of its own`,
    },
  ]
}
