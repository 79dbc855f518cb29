import { choice, flag, initialValues, orNull, wholeNumber } from './setting.ts'
import type { Values } from './setting.ts'

/** Every setting, its initial value, and what it takes. The README says what each one means. */
export const SETTINGS = {
  delayMs: wholeNumber(0),

  tier: choice('limited', 'full'),
  quota: orNull(wholeNumber(0, 1)),
  rateLimitStatus: wholeNumber(400, 400, 599),
  countRefusedCalls: flag(true),
  usageHeaders: choice('recorded', 'everywhere', 'never'),
  usageHeadersFrom: wholeNumber(0),

  requireAppSecretProof: flag(false),
  termsAccepted: flag(true),
  accountStatus: wholeNumber(1),
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

/** The settings of a running emulator. */
export type Settings = Values<typeof SETTINGS>

/** The settings at the start. */
export const INITIAL_SETTINGS = initialValues(SETTINGS)
