import type { CallRecord, Step } from '../feed.ts'
import { clockTime } from './format.ts'

/** How something is, shown as a colour. A word always stands beside it. */
export type Tone = 'ok' | 'waiting' | 'failed' | 'idle' | 'moving'

type Said = { tone: Tone; word: string }

const STEPS: Readonly<Record<Step['state'], Said>> = {
  queued: { tone: 'moving', word: 'queued' },
  waiting: { tone: 'waiting', word: 'waiting' },
  sent: { tone: 'ok', word: 'sent' },
  left_out: { tone: 'idle', word: 'left out' },
  dead_letter: { tone: 'failed', word: 'dead letter' },
  trial_run: { tone: 'idle', word: 'trial run' },
}

/** What needs a person's eye comes first: the state of a call is the first of these that a step of it has. */
const ORDER: readonly Step['state'][] = ['dead_letter', 'waiting', 'queued', 'sent', 'trial_run', 'left_out']

const VERDICTS: Readonly<Record<CallRecord['verdict'], Said>> = {
  accepted: { tone: 'ok', word: 'accepted' },
  ignored: { tone: 'idle', word: 'ignored' },
  rejected: { tone: 'failed', word: 'rejected' },
  refused: { tone: 'failed', word: 'refused' },
}

export function verdictSaid({ verdict }: Pick<CallRecord, 'verdict'>): Said {
  return VERDICTS[verdict]
}

export function stepSaid({ state }: Pick<Step, 'state'>): Said {
  return STEPS[state]
}

/** How far a call has come, in one word. */
export function callSaid(call: Pick<CallRecord, 'verdict' | 'steps'>): Said {
  const state = ORDER.find((each) => call.steps.some((step) => step.state === each))
  return state && call.verdict === 'accepted' ? STEPS[state] : VERDICTS[call.verdict]
}

/** Ways to look at the calls, by the name that the address has. */
export const CALL_FILTERS = {
  all: 'All',
  moving: 'Under way',
  waiting: 'Waiting',
  sent: 'Sent',
  'left-out': 'Users left out',
  failed: 'Failed',
} as const

export type CallFilter = keyof typeof CALL_FILTERS

export function isCallFilter(text: string): text is CallFilter {
  return Object.hasOwn(CALL_FILTERS, text)
}

/** Whether a call is to be seen: what it has come to, and the words in its name, source, type, code and ids. */
export function isShown(call: CallRecord, filter: CallFilter, words: string): boolean {
  return isOf(call, filter) && (words === '' || textOf(call).includes(words.toLowerCase()))
}

function isOf(call: CallRecord, filter: CallFilter): boolean {
  if (filter === 'all') return true
  if (filter === 'left-out') return call.leftOutCount > 0
  const { tone, word } = callSaid(call)
  return filter === 'sent' ? word === 'sent' : tone === filter
}

function textOf({ name, source = '', type, code = '', messageId = '', receivedAt, steps }: CallRecord): string {
  const places = steps.flatMap(({ destination, audience, reason = '' }) => [destination, audience, reason])
  return [name, source, type, code, messageId, clockTime(receivedAt), ...places].join(' ').toLowerCase()
}

/** `userListAdd[3]`, as `explain` says it; the one person of a call is in no list. */
export function placeText(list: string, index: number): string {
  return list === 'person' ? 'person' : `${list}[${index}]`
}
