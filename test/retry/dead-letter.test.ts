import { describe, expect, test } from 'vitest'
import { CODES } from '../../lib/graph-api/verdicts.ts'
import { readDeadLetter } from '../../lib/retry/dead-letter.ts'
import { adviceOf } from '../../lib/retry/reason-advice.ts'
import { packMessages } from '../../lib/track/message.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

const settings = settingsOf({
  destinations: [aDestination(), aDestination({ name: 'second', events: { USER_ADD: OTHER_AUDIENCE } })],
})
const list = { messageId: 'm', name: 'USER_ADD', direction: 'add' as const, users: [{ EMAIL: 'a@example.com' }, null] }

describe('a dead letter', () => {
  test('of events leads where the settings of today send them, and tells their times', () => {
    const lists = [
      { ...list, at: 20 },
      { ...list, at: 10 },
    ]
    const [message] = packMessages('server', 30, lists).track
    expect(readDeadLetter(message?.body ?? '', settings)).toEqual({
      kind: 'events',
      destinations: ['main', 'second'],
      audiences: [AUDIENCE, OTHER_AUDIENCE],
      users: { add: 4, remove: 0 },
      hasErasure: false,
      oldest: 10,
      newest: 20,
    })
  })

  test('whose event nobody maps any more still tells the destinations that it was for', () => {
    const [message] = packMessages('server', 30, [{ ...list, at: 10, name: 'GONE', destinations: ['main'] }]).track
    expect(readDeadLetter(message?.body ?? '', settings)).toMatchObject({ destinations: ['main'], audiences: [] })
  })

  test('with a removal of an erased person says so', () => {
    const [message] = packMessages('server', 30, [{ ...list, at: 10, by: 'erasure', direction: 'remove' }]).removal
    expect(readDeadLetter(message?.body ?? '', settings)).toMatchObject({ hasErasure: true, users: { remove: 2 } })
    const row = [1, 0, ['hash'], 0, 0, 'erasure-1']
    const rows = { version: 1, kind: 'rows', destination: 'main', audienceIds: ['1'], schema: ['EMAIL'] }
    const read = (remove: unknown[]) => readDeadLetter(JSON.stringify({ ...rows, add: [], remove }), settings)
    expect(read([row])).toMatchObject({ kind: 'rows', hasErasure: true, oldest: 1, newest: 1 })
    expect(read([row.slice(0, 3)])).toMatchObject({ hasErasure: false })
    expect(read([])).not.toHaveProperty('oldest')
  })

  test.each(['garbage', '{}', '[]', 'null', '{"version":2,"kind":"rows"}'])('%s is none of ours', (body) => {
    expect(readDeadLetter(body, settings)).toBeUndefined()
  })
})

test('every code of Meta’s for which a person must act has the advice of its verdict', () => {
  for (const [code, { verdict, advice }] of Object.entries(CODES)) {
    if (code === '200–299') continue
    const { fix } = adviceOf(`graph_${code.replace('/', '_')}`)
    expect([code, fix]).toEqual([
      code,
      verdict === 'pause' || verdict === 'reject' ? advice : 'wait until Meta works again',
    ])
  }
  expect(adviceOf('graph_250').fix).toBe(CODES['200–299']?.advice)
  expect(adviceOf('graph_9999').meaning).toContain('does not list')
  expect(adviceOf('http_502').fix).toContain('wait')
  expect(adviceOf('constructor').meaning).toContain('does not know')
})
