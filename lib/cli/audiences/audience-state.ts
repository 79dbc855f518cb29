import { counted } from '../terminal/counted.ts'
import { INTEGRITY_RESTRICTION } from '../../graph-api/custom-audience.ts'
import type { CustomAudience } from '../../graph-api/custom-audience.ts'
import { printable } from '../terminal/terminal.ts'

/** How an audience is, in a word and in a sentence, and what to do if it is not well. */
type AudienceState = { outcome: 'ok' | 'warn' | 'fail' | 'skipped'; word: string; text: string; fix?: string }

const AUDIENCE_MANAGER = 'https://business.facebook.com/adsmanager/audiences'
const IN_AUDIENCE_MANAGER = `Open it in the Audience Manager: ${AUDIENCE_MANAGER}`

/** Source: `operation_status` in Meta's custom audience reference. */
const STATES: Readonly<Record<number, AudienceState>> = {
  0: { outcome: 'ok', word: 'normal', text: 'Meta has nothing to say' },
  100: {
    ...{ outcome: 'warn', word: 'expiring', text: 'nobody has used it for two years, so Meta will delete it' },
    fix: 'Use it in an ad set.',
  },
  200: { outcome: 'ok', word: 'normal', text: 'normal' },
  400: { outcome: 'warn', word: 'warning', text: 'Meta warns of it', fix: IN_AUDIENCE_MANAGER },
  410: { outcome: 'ok', word: 'no upload', text: 'nothing has been sent to it yet' },
  411: {
    ...{ outcome: 'warn', word: 'low match', text: 'Meta recognises few of its people' },
    fix: 'Send more fields, such as EMAIL and PHONE, and see with explain how they are normalised.',
  },
  412: {
    ...{ outcome: 'warn', word: 'invalid rows', text: 'many rows of the last session were invalid' },
    fix: 'See with explain what is sent, and look for users_invalid in the consumer’s log.',
  },
  414: {
    ...{ outcome: 'warn', word: 'replacing', text: 'somebody is replacing all its people' },
    fix: 'Find out which other tool fills it: what it does not know is lost.',
  },
  415: {
    ...{ outcome: 'warn', word: 'not replaced', text: 'somebody wanted to replace all its people, which failed' },
    fix: 'Find out which other tool fills it.',
  },
  441: { outcome: 'ok', word: 'filling', text: 'Meta is filling it' },
  442: { outcome: 'ok', word: 'filling', text: 'Meta is filling it' },
  450: { outcome: 'warn', word: 'out of date', text: 'Meta calls it out of date', fix: IN_AUDIENCE_MANAGER },
  [INTEGRITY_RESTRICTION]: {
    ...{ outcome: 'fail', word: 'flagged', text: 'Meta has flagged it, and takes no users' },
    fix: `Appeal there, or make a new one and map it: ${AUDIENCE_MANAGER}`,
  },
  500: { outcome: 'fail', word: 'error', text: 'Meta calls it faulty', fix: IN_AUDIENCE_MANAGER },
}

/** How Meta says an audience is. */
export function audienceState({
  operationStatus: code,
  flaggedFields,
}: Pick<CustomAudience, 'operationStatus' | 'flaggedFields'>): AudienceState {
  if (code === undefined) return { outcome: 'skipped', word: '', text: 'Meta does not tell it' }
  const state = STATES[code]
  if (!state)
    return { outcome: 'warn', word: String(code), text: `Meta’s status of it is ${code}`, fix: IN_AUDIENCE_MANAGER }
  if (code !== INTEGRITY_RESTRICTION || flaggedFields.length === 0) return state
  return { ...state, text: `Meta has flagged its ${printable(flaggedFields.join(', '))}, and takes no users` }
}

/** About how many people are in an audience. */
export function sizeText(size: CustomAudience['size']): string {
  if (!size) return 'size not known yet'
  const [least, most] = [size.least, size.most].map((count) => count.toLocaleString('en'))
  return least === most ? counted(size.most, 'person', 'people') : `${least} to ${most} people`
}
