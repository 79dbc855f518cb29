import { InvalidControlRequest } from './invalid-control-request.ts'
import { isRecord } from './json.ts'

type Setting<T> = { initial: T; takes: string; accepts: (value: unknown) => value is T }

const isWhole = (value: number) => Number.isSafeInteger(value)

const flag = (initial: boolean): Setting<boolean> => ({
  initial,
  takes: 'true or false',
  accepts: (value) => typeof value === 'boolean',
})
const wholeNumber = (initial: number, least = 0, most = Infinity): Setting<number> => ({
  initial,
  takes: `a whole number from ${least}${most === Infinity ? '' : ` to ${most}`}`,
  accepts: (value): value is number => typeof value === 'number' && isWhole(value) && value >= least && value <= most,
})
const choice = <const T extends string>(...names: readonly [T, ...T[]]): Setting<T> => ({
  initial: names[0],
  takes: names.join(' or '),
  accepts: (value): value is T => names.some((name) => name === value),
})
const wholeNumberOrNull: Setting<number | null> = {
  initial: null,
  takes: 'a whole number from 1, or null',
  accepts: (value): value is number | null =>
    value === null || (typeof value === 'number' && isWhole(value) && value >= 1),
}

/** Every setting, its initial value, and what it takes. The README says what each one means. */
export const SETTINGS = {
  delayMs: wholeNumber(0),

  tier: choice('limited', 'full'),
  quota: wholeNumberOrNull,
  rateLimitStatus: wholeNumber(400, 400, 599),
  countRefusedCalls: flag(true),
  usageHeaders: choice('recorded', 'everywhere', 'never'),
  usageHeadersFrom: wholeNumber(0),

  requireAppSecretProof: flag(false),
  termsAccepted: flag(true),
  autoUpgrade: flag(false),

  acceptUpperCaseHex: flag(false),
  applyPartlyValidRows: flag(false),
  valueBased: flag(true),
  maxRows: wholeNumber(10_000, 1),
  tooManyRows: choice('unknown-error-99', 'invalid-parameter'),
  minimumSize: wholeNumber(0),

  lateBatches: choice('discard', 'refuse'),
  sessionReuse: choice('refuse', 'accept'),
  requireLastBatchFlag: flag(false),

  maxBodyBytes: wholeNumber(64 * 1024 * 1024, 1),
  maxUrlBytes: wholeNumber(65_000, 1),
  requestsKept: wholeNumber(1000),
} as const

type SettingName = keyof typeof SETTINGS

/** The settings of a running emulator. */
export type Settings = {
  [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never
}

/** The settings at the start. */
export const INITIAL_SETTINGS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, setting]) => [name, setting.initial]),
) as Settings

/** The settings after a change, which is refused as a whole when a name or a value in it is not known. */
export function changedSettings(settings: Settings, change: unknown): Settings {
  if (!isRecord(change)) throw new InvalidControlRequest('settings must be a JSON object')
  for (const [name, value] of Object.entries(change)) {
    if (!Object.hasOwn(SETTINGS, name))
      throw new InvalidControlRequest(`unknown setting "${name}", allowed: ${Object.keys(SETTINGS).join(', ')}`)

    const setting = SETTINGS[name as SettingName]
    if (!setting.accepts(value)) throw new InvalidControlRequest(`setting "${name}" takes ${setting.takes}`)
  }
  return { ...settings, ...change }
}
