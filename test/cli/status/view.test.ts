import { expect, test } from 'vitest'
import type { Receipt } from '../../../lib/graph-api/receipt.ts'
import type { StackStatus } from '../../../lib/cli/status/read-status.ts'
import { linesOf } from '../../../lib/cli/status/view.ts'
import { typedFor } from '../../../lib/cli/stack/options.ts'
import { AUDIENCE } from '../../support/settings.ts'
import { aTerminal } from '../a-terminal.ts'

const NOW = Date.parse('2026-11-20T10:00:00Z')
const noLetters = { letters: [], all: 0, hidden: 0, isComplete: true, isInterrupted: false }
const last: Receipt = {
  ...{ destination: 'newsletter-readers', audienceId: AUDIENCE, direction: 'add', at: NOW - 60_000 },
  ...{ count: 2, outcome: 'delivered', invalid: 0, ms: 9 },
}
const well: StackStatus = {
  at: NOW,
  queues: [{ queue: 'track', waiting: 0, inFlight: 0, delayed: 0 }],
  audiences: [{ destination: 'newsletter-readers', audienceId: AUDIENCE, last }],
  deadLetters: noLetters,
  tokens: [{ destination: 'newsletter-readers', state: 'valid', daysLeft: 58 }],
  watched: { ok: true, alarms: [], oldestSeconds: {} },
}
const note = { reason: 'graph_190_463', at: NOW, since: NOW - 3_600_000, until: NOW + 300_000 }
const ill: StackStatus = {
  ...well,
  queues: [{ queue: 'retry', waiting: 26_000, inFlight: 3, delayed: 1_200, oldestSeconds: 3_600 }],
  audiences: [
    {
      destination: 'newsletter-readers',
      audienceId: AUDIENCE,
      waits: { ...note, destination: 'newsletter-readers', audienceId: AUDIENCE },
    },
  ],
  deadLetters: { ...noLetters, all: 2 },
  tokens: [
    { destination: 'newsletter-readers', state: 'invalid' },
    {
      destination: 'another',
      state: 'unknown',
      reason: 'Meta does not tell (network): it could not be reached at all',
    },
  ],
  watched: {
    ok: true,
    alarms: [
      {
        name: 'FacebookAudienceSync-paused',
        since: NOW - 60_000,
        impact: 'People of it wait until a person acts. '.repeat(3),
      },
    ],
    oldestSeconds: {},
  },
}

test.each([
  ['all is well', well],
  ['much is wrong', ill],
] as const)('where %s, a terminal of 60 columns breaks no word of the status', (_, status) => {
  for (const all of [false, true]) {
    const view = { terminal: aTerminal(60), now: NOW, all, typed: typedFor({ stack: 'S' }) }
    expect(linesOf(status, view).filter((line) => line.length > 60)).toEqual([])
    const wide = linesOf(status, { ...view, terminal: aTerminal(200) })
    expect(wide.filter((line) => line.length > 60)).not.toEqual([])
  }
})

test.each([
  [
    'the token has been replaced by a valid one',
    'valid',
    'graph_190_463',
    'the next attempt',
    'put a new one into the secret',
  ],
  ['the token is not valid yet', 'invalid', 'graph_190_463', 'token set', 'Meta calls the token valid'],
  ['a valid token is not what is missing', 'valid', 'graph_102', 'token set', 'Meta calls the token valid'],
] as const)('where %s, who waits is told just that', (_, state, reason, says, saysNot) => {
  const destination = 'newsletter-readers'
  const status: StackStatus = {
    ...well,
    audiences: [{ destination, audienceId: AUDIENCE, waits: { ...note, reason, destination, audienceId: AUDIENCE } }],
    tokens: [{ destination, ...(state === 'valid' ? { state, daysLeft: 58 } : { state }) }],
  }
  const text = linesOf(status, { terminal: aTerminal(200), now: NOW, all: false, typed: typedFor({}) }).join('\n')
  expect(text).toContain(says)
  expect(text).not.toContain(saysNot)
})
