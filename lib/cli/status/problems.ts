import { TOKEN_DAYS_LIMIT } from '../../graph-api/debug-token.ts'
import { counted } from '../terminal/counted.ts'
import type { Status } from '../surroundings.ts'
import type { AudienceStatus } from './audiences.ts'
import type { StackStatus } from './read-status.ts'
import type { TokenStatus } from './tokens.ts'
import { waitAdviceOf } from './wait-advice.ts'

/** Whether the people of an audience wait until a person acts. */
export function isPaused({ waits }: AudienceStatus): boolean {
  return waits !== undefined && !waitAdviceOf(waits.reason).passes
}

/** Whether a person must see to a token, now or within days. */
export function tokenNeedsPerson(token: TokenStatus): boolean {
  if (token.state === 'valid') return token.daysLeft < TOKEN_DAYS_LIMIT
  return token.state !== 'trial_run' && token.state !== 'unknown'
}

/** What needs a person, in a few words each. */
export function problemsIn({ audiences, deadLetters, tokens, watched }: StackStatus): string[] {
  const alarms = watched?.ok ? watched.alarms.length : 0
  const letters = deadLetters.all
  return [
    [audiences.filter(isPaused).length, 'paused audience'] as const,
    [letters, 'dead letter'] as const,
    [tokens.filter(tokenNeedsPerson).length, 'token'] as const,
    [alarms, 'alarm'] as const,
  ].flatMap(([count, what]) => (count > 0 ? [counted(count, what)] : []))
}

/** What could not be read, and why. */
export function unreadIn({ tokens, watched }: StackStatus): string[] {
  return [
    ...tokens.flatMap((token) =>
      token.state === 'unknown' ? [`The token of ${token.destination} could not be checked: ${token.reason}`] : [],
    ),
    ...(watched?.ok === false ? [`Alarms and ages could not be read: ${watched.reason}`] : []),
  ]
}

/** 1 when something needs a person, else 3 when something could not be read. */
export function exitStatusOf(status: StackStatus): Status {
  if (problemsIn(status).length > 0) return 1
  return unreadIn(status).length > 0 ? 3 : 0
}
