import { stripVTControlCharacters } from 'node:util'
import { groupsOf } from '../dead-letters/groups.ts'
import { printable } from '../terminal/terminal.ts'
import { problemsIn, unreadIn } from './problems.ts'
import type { StackStatus } from './read-status.ts'
import { waitAdviceOf } from './wait-advice.ts'

/** The status for programs. */
export function documentOf(stack: string, status: StackStatus): object {
  const { at, queues, audiences, deadLetters, tokens, watched } = status
  return {
    stack,
    at: iso(at),
    needsPerson: problemsIn(status),
    unread: unreadIn(status),
    queues,
    audiences: audiences.map(({ last, waits, ...audience }) => ({
      ...audience,
      ...(last && { last: { ...last, at: iso(last.at) } }),
      ...(waits && {
        waits: {
          ...{ reason: waits.reason, since: iso(waits.since), until: iso(waits.until), noted: iso(waits.at) },
          ...waitAdviceOf(waits.reason),
        },
      }),
    })),
    tokens,
    deadLetters: {
      ...{ complete: deadLetters.isComplete, counted: deadLetters.all, hidden: deadLetters.hidden },
      groups: groupsOf(deadLetters.letters).map((group) => ({ ...group, oldest: iso(group.oldest) })),
    },
    ...(watched?.ok && { alarms: watched.alarms.map((alarm) => ({ ...alarm, since: iso(alarm.since) })) }),
  }
}

/** The status as lines of values between tabs, the first of which says what the line is about. */
export function rowsOf({ queues, audiences, deadLetters, tokens, watched }: StackStatus): string {
  const rows = [
    ...queues.map(({ queue, waiting, inFlight, delayed, oldestSeconds }) => [
      ...['queue', queue, waiting, inFlight, delayed, oldestSeconds],
    ]),
    ...audiences.map(({ destination, audienceId, last, waits }) => [
      ...['audience', destination, audienceId, last && iso(last.at), last && signed(last)],
      ...[last?.outcome ?? 'none yet', waits?.reason, waits && iso(waits.until)],
    ]),
    ...tokens.map((token) => [
      ...['token', token.destination, token.state, token.state === 'valid' ? token.daysLeft : undefined],
    ]),
    ...groupsOf(deadLetters.letters).map(({ reason, destinations, audiences: ids, direction, ...group }) => [
      ...['dead letters', reason, destinations.join(), ids.join(), direction],
      ...[group.messages, group.people, iso(group.oldest)],
    ]),
    ...(watched?.ok ? watched.alarms.map(({ name, since, impact }) => ['alarm', name, iso(since), impact]) : []),
  ]
  return rows.map((row) => row.map((cell) => cellOf(cell)).join('\t')).join('\n')
}

/** Rows of a request: `+3` into the audience, `-3` out of it. */
function signed({ direction, count }: { direction: 'add' | 'remove'; count: number }): string {
  return `${direction === 'add' ? '+' : '-'}${count}`
}

function cellOf(value: string | number | undefined): string {
  return value === undefined ? '' : printable(stripVTControlCharacters(String(value)))
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
