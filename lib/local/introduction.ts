import { printable } from '../cli/terminal/terminal.ts'
import { crossSettingProblems } from '../config/destination-rules.ts'
import type { Destinations } from '../config/destinations-schema.ts'
import { CONSOLE_PATH } from './console/console-path.ts'
import { keysOf, signingSecretOf } from './local-secrets.ts'
import { sampleCurl } from './sample-curl.ts'
import type { LocalSettings } from './settings.ts'

/** What the running stack can be sent, one line each: warnings about the settings, write keys, and what is mapped. */
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
        `${printable(what)} → audience ${ids.join(', ')} (destination ${name}${about}${dryRun ? ', trial run: nothing is sent' : ''})`
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

/** The last lines before `ready`: where everything is, and what to do first. */
export function firstSteps(
  settings: Destinations,
  { url, graphUrl, awsUrl }: { url: string; graphUrl: string; awsUrl: string },
  { writeKey, graphApiUrl }: Pick<LocalSettings, 'writeKey' | 'graphApiUrl'>,
): string[] {
  const { sources } = settings
  const curl = sampleCurl(settings, {
    ...{ url, graphUrl, hasEmulator: graphApiUrl === undefined },
    keyOf: (name) => {
      const source = sources.find((each) => each.name === name)
      const writeKeys = source ? keysOf(source, sources, writeKey) : []
      return { source: name, writeKeys, signingSecret: signingSecretOf({ name }) }
    },
  })
  return [
    ...(curl ? ['send somebody made-up, in another terminal:', `  ${curl.send}`] : []),
    ...(curl?.show === undefined ? [] : ['and, some seconds later, see who is in the audience:', `  ${curl.show}`]),
    `graph ${graphUrl}`,
    `aws ${awsUrl}`,
    `console ${url}${CONSOLE_PATH}   watch it all, in a browser`,
  ]
}
