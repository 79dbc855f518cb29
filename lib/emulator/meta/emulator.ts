import { applyDueChanges, newAudience } from './audience.ts'
import type { Audience } from './audience.ts'
import type { PlannedFault } from './planned-faults.ts'
import type { LoggedRequest } from './request-log.ts'
import type { Sessions } from './sessions.ts'
import { INITIAL_SETTINGS } from './settings.ts'
import type { Settings } from './settings.ts'
import { INITIAL_TOKEN } from './token.ts'
import type { Token } from './token.ts'
import { noUsage } from './usage.ts'
import type { Usage } from './usage.ts'

/** The ad account that owns every audience, without `act_`. */
export const ACCOUNT_ID = '1'

/** The whole state of a running emulator. */
export type Emulator = {
  readonly clock: () => number
  readonly appSecret: string | undefined
  readonly startAudiences: readonly string[]
  readonly startSettings: Settings
  accessTokens: ReadonlySet<string>
  settings: Settings
  token: Token
  startedAt: number
  audiences: Map<string, Audience>
  sessions: Sessions
  usage: Usage
  faults: PlannedFault[]
  requests: LoggedRequest[]
}

/** What an emulator is made of. */
export type EmulatorOptions = {
  audiences: readonly string[]
  accessTokens: readonly string[]
  appSecret?: string | undefined
  clock?: (() => number) | undefined
  settings?: Partial<Settings> | undefined
}

/** An emulator at its start: every audience empty, nothing called. */
export function newEmulator(options: EmulatorOptions): Emulator {
  const startSettings = { ...INITIAL_SETTINGS, ...options.settings }
  const base = {
    clock: options.clock ?? Date.now,
    appSecret: options.appSecret,
    startAudiences: options.audiences,
    startSettings,
    accessTokens: new Set(options.accessTokens),
  }
  return { ...base, ...freshState(base) }
}

/** Takes everything back to the start, except the valid tokens. */
export function reset(emulator: Emulator): void {
  Object.assign(emulator, freshState(emulator))
}

function freshState({
  clock,
  startAudiences,
  startSettings,
}: Pick<Emulator, 'clock' | 'startAudiences' | 'startSettings'>) {
  const now = clock()
  return {
    settings: startSettings,
    token: INITIAL_TOKEN,
    startedAt: now,
    audiences: new Map(startAudiences.map((id) => [id, newAudience(id, now)])),
    sessions: new Map<string, never>() as Sessions,
    usage: noUsage(),
    faults: [] as PlannedFault[],
    requests: [] as LoggedRequest[],
  }
}

/** The audience of that id as it shows now. */
export function audienceNow(emulator: Emulator, id: string): Audience | undefined {
  const audience = emulator.audiences.get(id)
  if (audience !== undefined) applyDueChanges(audience, emulator.clock())
  return audience
}
