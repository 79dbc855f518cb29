import { crossSettingProblems } from '../config/destination-rules.ts'
import type { Destinations } from '../config/destinations-schema.ts'
import { keysOf } from './local-secrets.ts'
import type { LocalSettings } from './settings.ts'

/** What the running stack can be sent, one line each: write keys, mapped events, and warnings about the settings. */
export function introduction(
  settings: Destinations,
  { writeKey, destinationsPath }: Pick<LocalSettings, 'writeKey' | 'destinationsPath'>,
): string[] {
  const { sources } = settings
  return [
    ...crossSettingProblems(settings).warnings.map(
      ({ path, message }) => `warning ${destinationsPath}: ${path}: ${message}`,
    ),
    ...sources.map((source) => `write key ${keysOf(source, sources, writeKey).at(-1) ?? ''} (source ${source.name})`),
    ...settings.destinations.flatMap(({ name, events, memberships, sourceAudience, dryRun }) => {
      const line = (what: string, ids: readonly string[], about = '') =>
        `${what} → audience ${ids.join(', ')} (destination ${name}${about}${dryRun ? ', trial run: nothing is sent' : ''})`
      return [
        ...Object.entries(events).map(([event, { audiences, action }]) =>
          line(`event ${event}`, audiences, action && `, ${action === 'add' ? 'adds' : 'removes'} the person`),
        ),
        ...Object.entries(memberships).map(([key, ids]) => line(`membership ${key}`, ids)),
        ...Object.entries(sourceAudience).map(([source, ids]) => line(`records of source ${source}`, ids)),
      ]
    }),
  ]
}
