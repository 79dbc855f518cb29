import type { Destination } from '../../config/destinations-schema.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { ColumnReader } from './rows/columns.ts'
import type { Plan } from './plan.ts'
import type { SendOptions } from './send-options.ts'

/** What tools call a column that says who may be written to: `HasOptedOutOfEmail`, `UNSUB_TIME`, `Werbesperre`, `baja`. */
const ABOUT_CONSENT = [
  /consen[ts]|opt(?:ed)?[\s_-]?(?:in|out)(?![a-z])|(?:opted|opt[\s_-])(?:in|out)|optin(?:date|dat|time)|subscri|unsub|accepts/i,
  /[oO]pt(?:In|Out)/,
  /permission|agree[ds]|agreement|newsletter|marketing|advertising|personali[sz]ed[\s_]ad|ad_(?:personali|user_data)/i,
  /suppress|do[\s_-]?not|(?<![a-z])don'?t|(?:^|[\s_])no[\s_-]?(?:e-?mail|mail|call|sms|contact)|black[\s_-]?list|block(?:ed|list)/i,
  /(?:allow|(?<![a-z])(?:can|may))[\s_-]?(?:be|e-?mail|contact|sms|call)|mailable|contactable|reachable|exclud|exclusion|complain/i,
  /forg[eo]t|erasure|delet|anonymi|deceased|bounce|inactive|legal[\s_]basis|privacy|gdpr|dsgvo|lgpd|ccpa|double[\s_-]?opt|^doi(?:[\s_]|$)/i,
  /einwillig|zustimm|zugestimmt|datenschutz|abgemeldet|abmeld|abonn|austrag|ausgetragen|sperr|(?<!ge|er|be)werb|widerspr|widerruf/i,
  /verstorben|l(?:ö|oe)sch|loevm|xdele|d[ée]sinscri|iscritt|suscri|^baja(?:[\s_]|$)/i,
  /^(?:(?:e-?mail|sms|member|contact|list|nl)[\s_-]?)?status$|^(?:is[\s_-]?)?(?:active|aktiv|stop)$/i,
]

function isAboutConsent(name: string): boolean {
  return ABOUT_CONSENT.some((words) => words.test(name))
}

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
  const unread = names.filter((name) => reader(name).use === 'unknown' && isAboutConsent(name))
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
