import type { CallRecord, ConsoleState, PipelineState } from '../../../../lib/local/console/feed.ts'

/** Some moment; every time of a scene counts from it. */
export const AT = Date.UTC(2026, 10, 28, 12, 3, 10)
export const AUDIENCE = '23846440602800582'
const OTHER = '23846440602800590'
const MINUTE = 60_000

const queues = (counts: Partial<Record<string, number>> = {}): PipelineState['queues'] =>
  (['track', 'removal', 'session', 'retry', 'dead_letter'] as const).map((role) => ({
    ...{ name: `${role}-queue`, role, visible: counts[role] ?? 0, delayed: 0 },
    inFlight: counts[`${role} in flight`] ?? 0,
  }))

const quiet: PipelineState = {
  now: AT,
  requests: { total: 0, lastMinute: 0, refused: 0 },
  queues: queues(),
  functions: [
    { name: 'ingest', running: 0 },
    { name: 'consumer', running: 0 },
  ],
  graphCalls: { total: 0, lastMinute: 0, failed: 0 },
  faults: [],
  register: { words: 0, receipts: 0 },
  audiences: [{ id: AUDIENCE, destinations: ['main'], members: 0, sizes: [[AT, 0]] }],
  deadLetters: [],
}

const settings: ConsoleState['settings'] = {
  file: 'cdk/destinations.json',
  trackUrl: 'http://127.0.0.1:3000/v1/track',
  graphUrl: 'http://127.0.0.1:3001',
  hasEmulator: true,
  timeScale: 1,
  sources: [
    { name: 'server', writeKey: 'local-write-key', fields: ['EMAIL', 'FN'] },
    { name: 'web', writeKey: 'local-write-key-web', fields: ['EMAIL', 'PHONE'] },
  ],
  mappings: [
    {
      ...{ source: 'server', kind: 'event', name: 'USER_ADD', destination: 'main', audiences: [AUDIENCE] },
      dryRun: false,
    },
    {
      ...{ source: 'server', kind: 'event', name: 'Order Completed', action: 'add', destination: 'buyers' },
      ...{ audiences: [OTHER], dryRun: false },
    },
    {
      ...{ source: 'web', kind: 'membership', name: 'vip', destination: 'buyers', audiences: [OTHER], dryRun: true },
    },
  ],
  warnings: [{ path: 'destinations[1].userSchema', message: 'It has no EMAIL, so that few people will match.' }],
}

const sentTo = (people: number, status = 200) => ({
  ...{ destination: 'main', audience: AUDIENCE, direction: 'add' as const, people },
  ...{ state: 'sent' as const, request: { at: AT - 2_000, people: people * 3, status, fbtraceId: 'AbCdEf123' } },
})

/** A call of each kind, by its number. */
export function aCall(id: number): CallRecord {
  const about = { id, receivedAt: AT - (600 - (id % 600)) * 900, source: 'server', type: 'track', status: 200 }
  const none = { leftOut: [], leftOutCount: 0, users: { add: 0, remove: 0 }, steps: [] }
  const accepted = {
    ...none,
    ...about,
    verdict: 'accepted' as const,
    name: 'USER_ADD',
    messageId: `message-${id}-0a1b2c`,
  }
  const target = { destination: 'main', audience: AUDIENCE, direction: 'add' as const }
  switch (id % 9) {
    case 1:
      return {
        ...accepted,
        users: { add: 3, remove: 1 },
        steps: [sentTo(2), { ...sentTo(1), direction: 'remove' }],
        leftOut: [
          {
            list: 'add',
            index: 2,
            field: 'EMAIL',
            reason: 'unusable_value',
            message: 'The field cannot hold this value.',
          },
          { list: 'add', index: 2, reason: 'cannot_match', message: 'Thousands of people share all its values.' },
        ],
        leftOutCount: 2,
      }
    case 2:
      return { ...accepted, users: { add: 40, remove: 0 }, steps: [{ ...target, people: 40, state: 'queued' }] }
    case 3:
      return {
        ...accepted,
        users: { add: 12, remove: 0 },
        steps: [
          {
            ...{ ...target, people: 12, state: 'waiting', reason: 'graph_190_463', until: AT + 5 * MINUTE },
            advice: 'The access token has expired; set a new one.',
          },
        ],
      }
    case 4:
      return {
        ...{ ...none, ...about, verdict: 'ignored', name: 'Page Viewed', code: 'event_unmapped' },
        message: 'No destination maps this event name (case matters); it is accepted and ignored.',
      }
    case 5:
      return {
        ...{ ...none, ...about, verdict: 'rejected', name: 'USER_ADD', code: 'lists_missing' },
        message: 'The properties have neither userListAdd nor userListDelete.',
      }
    case 6: {
      const { source: _, ...unknown } = about
      return {
        ...{ ...none, ...unknown, verdict: 'refused', name: '', type: 'batch', code: 'key_unknown', status: 401 },
        message: 'No source has this write key.',
      }
    }
    case 7:
      return {
        ...accepted,
        users: { add: 1, remove: 0 },
        steps: [
          { ...target, people: 1, state: 'dead_letter', reason: 'graph_100_33', advice: 'Is the audience there?' },
        ],
      }
    case 8:
      return {
        ...accepted,
        source: 'web',
        users: { add: 1200, remove: 0 },
        steps: [{ ...target, people: 1200, state: 'trial_run' }],
      }
    default:
      return { ...accepted, name: 'Order Completed', users: { add: 1, remove: 0 }, steps: [sentTo(1)] }
  }
}

const calls = (count: number) => Array.from({ length: count }, (_, index) => aCall(index + 1))
const grown = (top: number): [number, number][] =>
  Array.from({ length: 60 }, (_, index) => [
    AT - (60 - index) * 20_000,
    Math.round(top * Math.min(1, (index / 50) ** 1.6)),
  ])

const busy: PipelineState = {
  ...quiet,
  requests: { total: 12_480, lastMinute: 342, refused: 3 },
  queues: queues({ track: 128, 'track in flight': 40, session: 4 }),
  functions: [
    { name: 'ingest', running: 2 },
    { name: 'consumer', running: 2 },
  ],
  graphCalls: { total: 214, lastMinute: 12, failed: 2 },
  register: { words: 98_214, receipts: 210 },
  audiences: [
    {
      ...{ id: AUDIENCE, destinations: ['main'], members: 48_210, sizes: grown(48_210) },
      last: { at: AT - 4_000, people: 812, outcome: 'delivered' },
    },
    {
      ...{ id: OTHER, destinations: ['buyers'], members: 1_204, sizes: grown(1_204) },
      last: { at: AT - 90_000, people: 3, outcome: 'delivered' },
    },
  ],
}

const waits = {
  ...{ reason: 'graph_190_463', advice: 'The access token has expired; set a new one.', people: 12 },
  until: AT + 5 * MINUTE,
}

const waiting: PipelineState = {
  ...busy,
  queues: queues({ retry: 3 }),
  functions: [{ name: 'consumer', running: 0 }],
  faults: [{ fault: 'token-expired', times: 2 }],
  audiences: busy.audiences.map((audience, index) => (index === 0 ? { ...audience, waits } : audience)),
}

const letter = (number: number, reason: string, advice: string) => ({
  ...{ messageId: `0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f${number}`, queue: 'dead-letter-queue', reason, advice },
  ...{ destination: 'main', people: 12 * number },
})

const failing: PipelineState = {
  ...busy,
  queues: queues({ dead_letter: 2 }),
  graphCalls: { total: 31, lastMinute: 3, failed: 31 },
  deadLetters: [
    letter(1, 'graph_100_33', 'Meta refused it: is the audience there, and may this token use it?'),
    letter(2, 'crashed', 'SQS moved it: look at the consumer’s log; redrive when the crash is mended.'),
  ],
}

const large: PipelineState = {
  ...busy,
  audiences: [{ id: AUDIENCE, destinations: ['main'], members: 100_000, sizes: grown(100_000) }],
}

/** What a stack may have come to. */
export const SCENES = {
  empty: { pipeline: quiet, calls: [], settings },
  busy: { pipeline: busy, calls: calls(60), settings },
  waiting: { pipeline: waiting, calls: calls(30), settings },
  released: { pipeline: { ...busy, queues: queues({ 'retry in flight': 1 }) }, calls: calls(30), settings },
  failing: { pipeline: failing, calls: calls(30), settings },
  large: { pipeline: large, calls: calls(500), settings },
  'no-emulator': {
    pipeline: { ...busy, faults: [] },
    calls: calls(10),
    settings: { ...settings, hasEmulator: false, graphUrl: 'https://graph.facebook.com' },
  },
} as const satisfies Record<string, ConsoleState>

export type Scene = keyof typeof SCENES
