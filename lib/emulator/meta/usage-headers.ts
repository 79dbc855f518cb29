import type { Settings } from './settings.ts'
import type { UsageLevel } from './usage.ts'

type Kind = 'business' | 'app' | 'account'

/**
 * The usage headers of an answer. As recorded, `POST /users` carries the account's score and the app's usage, every
 * other call the business use case; a refused call carries the latter too, for it tells the wait (inferred).
 * There is never a Retry-After.
 */
export function usageHeaders(
  level: UsageLevel,
  call: { accountId: string; isUsersPost: boolean; isRefused: boolean; callsMade: number },
  settings: Pick<Settings, 'usageHeaders' | 'usageHeadersFrom' | 'tier'>,
): Record<string, string> {
  if (settings.usageHeaders === 'never' || call.callsMade < settings.usageHeadersFrom) return {}
  const needsBusiness = !call.isUsersPost || call.isRefused || settings.usageHeaders === 'everywhere'
  return {
    ...(call.isUsersPost ? { ...usageHeader('account', level, call.accountId, settings.tier), ...appUsage(0) } : {}),
    ...(needsBusiness ? usageHeader('business', level, call.accountId, settings.tier) : {}),
  }
}

/** One usage header. The two time shares follow the only recording that has them not at zero. */
export function usageHeader(
  kind: Kind,
  level: UsageLevel,
  accountId: string,
  tier: Settings['tier'],
): Record<string, string> {
  if (kind === 'app') return appUsage(level.callPercent)
  if (kind === 'account') {
    const usage = {
      acc_id_util_pct: level.scorePercent,
      reset_time_duration: level.resetSeconds,
      ads_api_access_tier: tier === 'full' ? 'standard_access' : 'development_access',
    }
    return { 'x-ad-account-usage': JSON.stringify(usage) }
  }
  const usage = {
    type: 'custom_audience',
    call_count: level.callPercent,
    total_cputime: Math.round((level.callPercent * 3) / 32),
    total_time: Math.round((level.callPercent * 7) / 32),
    estimated_time_to_regain_access: level.regainMinutes,
  }
  return { 'x-business-use-case-usage': JSON.stringify({ [accountId]: [usage] }) }
}

function appUsage(callPercent: number): Record<string, string> {
  return { 'x-app-usage': JSON.stringify({ call_count: callPercent, total_cputime: 0, total_time: 0 }) }
}
