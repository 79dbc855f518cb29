import type { Destinations } from '../lib/config/destinations-schema.ts'
import { SettingsError } from './settings.ts'

/** CloudFormation takes 500 resources in a stack; everything but destinations takes fewer than 80, whatever the settings. */
const RESOURCES_OF_DESTINATIONS = 500 - 80

/** Four alarms, and the secret that the stack makes when destinations.json names none. */
const ALARMS = 4
const SECRET = 1

/** Throws SettingsError when the destinations are more than one stack can hold. */
export function refuseTooMany({ destinations }: Destinations): void {
  const made = destinations.filter(({ accessTokenSecret }) => accessTokenSecret === undefined).length
  const resources = destinations.length * ALARMS + made * SECRET
  if (resources <= RESOURCES_OF_DESTINATIONS) return
  const most = (each: number) => String(Math.floor(RESOURCES_OF_DESTINATIONS / each))
  throw new SettingsError(
    `${String(destinations.length)} destinations are more than a stack can hold: ${most(ALARMS + SECRET)} with secrets that it makes, ${most(ALARMS)} that name their accessTokenSecret. Divide them between two stacks, each with a destinations file and a source of its own`,
  )
}
