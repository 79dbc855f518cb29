import { pickedFields, requestedFields } from './requested-fields.ts'
import type { Settings } from './settings.ts'

/** The answer of `GET /act_{id}?fields=`. */
export function adAccount(
  accountId: string,
  fields: unknown,
  { termsAccepted, accountStatus }: Pick<Settings, 'termsAccepted' | 'accountStatus'>,
): Record<string, unknown> {
  const terms = termsAccepted ? { custom_audience_tos: 1 } : {}
  const account = {
    id: `act_${accountId}`,
    account_id: accountId,
    name: 'Graph API emulator',
    account_status: accountStatus,
    currency: 'USD',
    timezone_name: 'America/Los_Angeles',
    tos_accepted: terms,
    user_tos_accepted: terms,
  }
  return pickedFields(account, requestedFields(fields), 'AdAccount')
}
