/** A row that calls led to, and how far it has come. */
export type Step = {
  destination: string
  audience: string
  direction: 'add' | 'remove'
  people: number
  state: 'queued' | 'waiting' | 'sent' | 'left_out' | 'dead_letter' | 'trial_run'
  /** Why it waits, is left out or is a dead letter: a code of the table in lib/README.md. */
  reason?: string
  /** What the reason means and what mends it, as the command line says it, where it knows. */
  advice?: string
  /** When what waits goes, on the functions' clock, ms since 1970. */
  until?: number
  /** The request that carried it, with everybody in it. */
  request?: { at: number; people: number; status: number; fbtraceId?: string }
}

/** A value or a user that is not used. `index` is the place in its list. */
export type LeftOut = { list: 'add' | 'remove'; index: number; field?: string; reason: string; message: string }

/** What is wrong with a call that is used all the same. `count` is a number of users, or 1 for one about the call. */
export type CallWarning = {
  code: string
  message: string
  count: number
  field?: string
  suggestion?: string
  destination?: string
}

/** One call of a request, as ingest judged it, and what became of it. It holds nothing of a person. */
export type CallRecord = {
  /** Grows with each call. */
  id: number
  /** On the functions' clock, ms since 1970. */
  receivedAt: number
  source?: string
  type: string
  /** The event's name, or the key of a membership. */
  name: string
  messageId?: string
  verdict: 'accepted' | 'ignored' | 'rejected' | 'refused'
  /** Why it was not accepted. A message without a code says what it does. */
  code?: string
  message?: string
  /** The first twenty. */
  warnings?: CallWarning[]
  /** What ingest answered to the whole request. */
  status: number
  users: { add: number; remove: number }
  /** The first twenty, and how many there are. */
  leftOut: LeftOut[]
  leftOutCount: number
  steps: Step[]
}

export type QueueRole = 'track' | 'removal' | 'session' | 'retry' | 'dead_letter'

/** An audience as the emulator has it, and why its rows wait, if they do. */
export type AudienceState = {
  id: string
  destinations: string[]
  members: number
  waits?: { reason: string; advice?: string; people: number; until: number }
  last?: { at: number; people: number; outcome: string }
  /** The size over time, at most 120 points: ms since 1970, members. */
  sizes: [at: number, members: number][]
}

/** The whole pipeline at one moment. */
export type PipelineState = {
  now: number
  requests: { total: number; lastMinute: number; refused: number }
  queues: { name: string; role: QueueRole; visible: number; inFlight: number; delayed: number }[]
  /** `running`: processes that handle something just now. */
  functions: { name: string; running: number }[]
  graphCalls: { total: number; lastMinute: number; failed: number }
  /** Planned in the emulator, and not yet used up. */
  faults: { fault: string; audience?: string; times: number }[]
  register: { words: number; receipts: number }
  audiences: AudienceState[]
  deadLetters: {
    messageId: string
    queue: string
    reason: string
    advice: string
    destination?: string
    people: number
  }[]
}

/** What the stream tells: the pipeline when it changed, and calls that are new or have come further. */
export type FeedEvent = { pipeline: PipelineState } | { calls: CallRecord[] } | { cleared: true }

/** The answer to GET /_local/console: all that a page needs when it opens. `calls` are the newest, at most 500. */
export type ConsoleState = { pipeline: PipelineState; calls: CallRecord[]; settings: SettingsPicture }

/** Which call of which source goes where, and what the checks of the settings found. */
export type SettingsPicture = {
  file: string
  trackUrl: string
  graphUrl: string
  /** Whether that is the emulator. Of another Graph API nobody knows the members, and it takes no faults. */
  hasEmulator: boolean
  /** The functions' clock is 1 / timeScale times as fast as the machine's. */
  timeScale: number
  sources: { name: string; writeKey: string; fields: string[] }[]
  mappings: {
    source: string
    kind: 'event' | 'membership' | 'record'
    name: string
    action?: 'add' | 'remove'
    destination: string
    audiences: string[]
    dryRun: boolean
  }[]
  warnings: { path: string; message: string }[]
}

/** A fault that the emulator can be asked for: the answer to GET /_local/console/faults is `{ faults: FaultChoice[] }`. */
export type FaultChoice = { fault: string; about: string }
