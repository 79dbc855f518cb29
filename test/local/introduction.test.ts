import { expect, test } from 'vitest'
import { introduction } from '../../lib/local/introduction.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

test('every source is named with a key that is valid, and every event with its audiences', () => {
  const settings = settingsOf({
    sources: [{ name: 'server' }, { name: 'shop' }, { name: 'web', allowedOrigins: ['*'] }],
    destinations: [aDestination({ sources: ['server', 'shop', 'web'], events: { A: [AUDIENCE, OTHER_AUDIENCE] } })],
  })
  expect(introduction(settings, { writeKey: 'mine', destinationsPath: 'my.json' })).toEqual([
    expect.stringMatching(/^warning my\.json: destinations\.0\.events\.A: maps to several audiences/),
    'write key mine (source server)',
    'write key local-write-key-shop (source shop)',
    'write key mine (source web)',
    `event A → audience ${AUDIENCE}, ${OTHER_AUDIENCE} (destination main)`,
  ])
})

test('a schema that matches nobody is warned of', () => {
  const settings = settingsOf({ destinations: [aDestination({ userSchema: ['FN'] })] })
  const [warning] = introduction(settings, { writeKey: 'mine', destinationsPath: 'my.json' })
  expect(warning).toMatch(/^warning my\.json: destinations\.0\.userSchema: holds only FN/)
})

test('a destination that has a trial run is named as one', () => {
  const settings = settingsOf({
    destinations: [aDestination({ dryRun: true, memberships: { vip: OTHER_AUDIENCE } })],
  })
  expect(introduction(settings, { writeKey: 'mine', destinationsPath: 'my.json' })).toEqual([
    'write key mine (source server)',
    `event USER_ADD → audience ${AUDIENCE} (destination main, trial run: nothing is sent)`,
    `membership vip → audience ${OTHER_AUDIENCE} (destination main, trial run: nothing is sent)`,
  ])
})
