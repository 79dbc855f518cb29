import { describe, expect, test } from 'vitest'
import { explain } from '../../../lib/cli/explain/explain.ts'
import { explanationTable } from '../../../lib/cli/explain/explanation-table.ts'
import { aTerminal } from '../a-terminal.ts'
import { NOON, aTrack } from '../../support/ingest.ts'
import { AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'

const SETTINGS = settingsOf({
  destinations: [
    aDestination({
      userSchema: ['EMAIL'],
      events: { USER_ADD: AUDIENCE, 'Order Completed': { audiences: AUDIENCE, action: 'add' } },
      consent: { categories: ['advertising'] },
    }),
  ],
})
const explained = (call: object) => explain(call, SETTINGS, () => NOON)
const denying = { consentManagement: { deniedConsentIds: ['advertising'] } }
const WITHHELD = { destination: 'main', reason: 'consent_denied' }

describe('explain shows whom consent keeps from being added', () => {
  test('in a list, by place, and sends the others', () => {
    const userListAdd = [{ EMAIL: 'a@example.com' }, { EMAIL: 'b@example.com', consent: true }, { EMAIL: 'no address' }]
    const { requests, dropped, users, error } = explained(aTrack({ context: denying, properties: { userListAdd } }))
    expect(requests.map(({ method, body }) => [method, body.payload.data.length])).toEqual([['POST', 1]])
    expect(dropped).toMatchObject([
      { ...WITHHELD, list: 'userListAdd', index: 0 },
      { ...WITHHELD, list: 'userListAdd', index: 2 },
    ])
    expect(users).toMatchObject([{ list: 'userListAdd', index: 1 }])
    expect(error).toBeNull()
  })

  test('the person of a call, and that no request would be sent', () => {
    const order = aTrack({ event: 'Order Completed', properties: { email: 'ann@example.com' } })
    const explanation = explained(order)
    expect([explanation.requests, explanation.dropped]).toMatchObject([[], [{ ...WITHHELD, list: 'person', index: 0 }]])
    const table = explanationTable(explanation, aTerminal())
    expect(table).toContain('Warning: consent_denied')
    expect(table).toContain('Destination main, 1 of the users: "advertising" is unknown.')
    expect(table).toMatch(/person +consent_denied +main/)
    expect(table).toContain('No request would be sent.')
  })

  test('and who is removed for it, at the place where it was said', () => {
    const settings = settingsOf({
      destinations: [
        aDestination({ userSchema: ['EMAIL'], consent: { categories: ['advertising'], onDenial: 'remove' } }),
      ],
    })
    const userListAdd = [{ EMAIL: 'a@example.com' }, { EMAIL: 'b@example.com', consent: false }]
    const userListDelete = [{ EMAIL: 'c@example.com' }, { EMAIL: 'd@example.com' }]
    const { users } = explain(aTrack({ properties: { userListAdd, userListDelete } }), settings, () => NOON)
    expect(users.map(({ list, index, fields: [email] }) => [list, index, email?.given])).toEqual([
      ['userListAdd', 1, 'b@example.com'],
      ['userListDelete', 0, 'c@example.com'],
      ['userListDelete', 1, 'd@example.com'],
    ])
  })
})
