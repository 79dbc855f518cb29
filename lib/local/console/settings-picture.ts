import { neededFields } from '../../config/audience-mapping.ts'
import { crossSettingProblems } from '../../config/destination-rules.ts'
import type { Destination, Destinations } from '../../config/destinations-schema.ts'
import type { SettingsPicture } from './feed.ts'

type About = Pick<SettingsPicture, 'file' | 'trackUrl' | 'graphUrl' | 'hasEmulator' | 'timeScale'>

/** Which call of which source goes where. `keyOf` gives the write key of a source. */
export function settingsPicture(
  settings: Destinations,
  about: About,
  keyOf: (source: string) => string,
): SettingsPicture {
  const { sources, destinations } = settings
  const fedBy = (source: string) => destinations.filter((each) => each.sources.includes(source))
  return {
    ...about,
    sources: sources.map(({ name }) => ({ name, writeKey: keyOf(name), fields: [...neededFields(fedBy(name))] })),
    mappings: sources.flatMap(({ name }) => fedBy(name).flatMap((destination) => mappingsOf(name, destination))),
    warnings: crossSettingProblems(settings).warnings.map(({ path, message }) => ({ path, message })),
  }
}

function mappingsOf(source: string, destination: Destination): SettingsPicture['mappings'] {
  const { events, memberships, sourceAudience, dryRun } = destination
  const common = { source, destination: destination.name, dryRun }
  return [
    ...Object.entries(events).map(([name, { audiences, action }]) => ({
      ...{ ...common, kind: 'event' as const, name, audiences: [...audiences] },
      ...(action && { action }),
    })),
    ...Object.entries(memberships).map(([name, audiences]) => ({
      ...{ ...common, kind: 'membership' as const, name, audiences: [...audiences] },
    })),
    ...Object.entries(sourceAudience)
      .filter(([name]) => name === source)
      .map(([name, audiences]) => ({ ...common, kind: 'record' as const, name, audiences: [...audiences] })),
  ]
}
