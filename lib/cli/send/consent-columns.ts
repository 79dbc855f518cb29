import type { Destination } from '../../config/destinations-schema.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { ColumnReader } from './rows/columns.ts'
import type { Plan } from './plan.ts'
import type { SendOptions } from './send-options.ts'

/** What tools call a column that says who may be written to: `Accepts Email Marketing`, `HasOptedOutOfEmail`, `UNSUB_TIME`. */
const ABOUT_CONSENT =
  /consent|opt(?:ed)?[\s_-]?(?:in|out)(?![a-z])|opt(?:ed)?(?:In|Out)|subscri|unsub|accepts|suppress|do[\s_-]?not|marketing|newsletter|gdpr|dsgvo|einwillig|abgemeldet|abmeld|^(?:e-?mail |member )?status$/i

const MOST_NAMED = 4

/** Says before people are added which columns keep nobody out, though they seem to. */
export function sayOfConsent({ names, columns, feed }: Plan, { list }: SendOptions, terminal: Terminal): void {
  const warnings = list === 'add' ? consentWarnings(names, columns, feed.destinations) : []
  if (warnings.length > 0) terminal.say(`${warnings.map((line) => terminal.paint('yellow', line)).join('\n')}\n`)
}

/** Columns that may say who is not to be added, and that keep nobody out: in words for whoever sends the file. */
function consentWarnings(
  names: readonly string[],
  reader: ColumnReader,
  destinations: readonly Destination[],
): string[] {
  const unread = names.filter((name) => reader(name).use === 'unknown' && ABOUT_CONSENT.test(name))
  const asked = names.find((name) => reader(name).use === 'consent')
  const careless = destinations.filter(({ consent }) => consent === undefined).map(({ name }) => name)
  return [
    ...(unread.length === 0
      ? []
      : [
          `Not read, though it may say who does not want to be added: ${listed(unread)}.`,
          'Whoever says no there is added all the same. Take these people out of the file first;',
          `then leave the column out: --ignore ${quotedName(unread[0] ?? '')}`,
        ]),
    ...(asked === undefined || careless.length === 0
      ? []
      : [
          `${quotedName(asked)} keeps nobody from being added to ${careless.join(', ')}, which does not ask for consent.`,
          'Give it "consent": {"categories": […]} in the settings, or take these people out of the file first.',
        ]),
  ]
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).map(quotedName).join(', ')
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown
}

function quotedName(name: string): string {
  return `"${printable(name)}"`
}
