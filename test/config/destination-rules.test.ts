import { expect, test } from 'vitest'
import { parseDestinations } from '../../lib/config/destinations.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination } from '../support/settings.ts'

const problemsOf = (file: Record<string, unknown>) => {
  const parsed = parseDestinations({ sources: [{ name: 'server' }], destinations: [aDestination()], ...file })
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`)
}

const WRONG_BY_ITSELF = { name: '2nd', userSchema: ['EMAIL', 'NAME'], events: { B: '5' } }

test('rules between settings are reported together with what is wrong by itself', () => {
  const problems = problemsOf({
    destinations: [
      aDestination({ isValueBasedAudience: true }),
      WRONG_BY_ITSELF,
      aDestination({ userSchema: ['PHONE', 'PHONE'] }),
    ],
  })
  expect(problems.map((text) => text.split(/ (?:must|needs|names|repeats|audience)/)[0])).toEqual([
    ...['destinations.1.name', 'destinations.1.userSchema.1', 'destinations.1.events.B'],
    ...[
      'destinations.2.name',
      'destinations.0.userSchema',
      'destinations.2.userSchema',
      'destinations.2.events.USER_ADD',
    ],
  ])
})

test('a source that one cannot read is not missed by those that name it', () => {
  const sources = [{ name: 'server' }, { name: 'web', allowedOrigins: ['example.com/'] }]
  const problems = problemsOf({ sources, destinations: [aDestination({ sources: ['server', 'web'] })] })
  expect(problems).toEqual([expect.stringContaining('sources.1.allowedOrigins.0 must be an exact origin')])
})

test('a destination that one cannot read may be the one that a source feeds', () => {
  const sources = [{ name: 'server' }, { name: 'hook', signed: true }]
  const named = aDestination({ sources: ['server'] })
  expect(problemsOf({ sources, destinations: [named] })).toEqual([
    'sources.1 "hook" feeds no destination; name it in a destination\'s sources, or remove it',
  ])
  const beside = problemsOf({ sources, destinations: [named, { ...WRONG_BY_ITSELF, sources: ['hook'] }] })
  expect(beside.join()).not.toContain('feeds no destination')
})

test('a source whose mayErase one cannot read may be the one that only erases', () => {
  const sources = [{ name: 'server' }, { name: 'privacy', mayErase: 'yes' }]
  const problems = problemsOf({ sources, destinations: [aDestination({ sources: ['server'] })] })
  expect(problems).toEqual(['sources.1.mayErase must be true or false'])
})

test('a source whose origins one cannot read is still a browser’s, and may not erase', () => {
  const sources = [{ name: 'web', allowedOrigins: ['example.com/'], mayErase: true }]
  expect(problemsOf({ sources, destinations: [aDestination({ sources: ['web'] })] })).toEqual([
    expect.stringContaining('sources.0.allowedOrigins.0 must be an exact origin'),
    expect.stringContaining('sources.0.mayErase is not for a source with allowedOrigins'),
  ])
})

test.each<[string, Record<string, unknown>, string]>([
  [
    'an audience that two destinations fill with different fields',
    { destinations: [aDestination(), aDestination({ name: 'other', userSchema: ['PHONE'] })] },
    `destinations.1.events.USER_ADD audience ${AUDIENCE} has another userSchema in destination "main"`,
  ],
  [
    'a value-based audience without values',
    { destinations: [aDestination({ isValueBasedAudience: true })] },
    'destinations.0.userSchema needs LOOKALIKE_VALUE',
  ],
  [
    'a browser source that feeds nothing',
    { sources: [{ name: 'server' }, { name: 'web', allowedOrigins: ['*'] }] },
    'sources.1 "web" feeds no destination',
  ],
  [
    'a browser source that erases',
    { sources: [{ name: 'server' }, { name: 'web', allowedOrigins: ['*'], mayErase: true }] },
    'sources.1.mayErase is not for a source with allowedOrigins',
  ],
  [
    'names that differ in case only',
    { destinations: [aDestination(), aDestination({ name: 'MAIN', events: { B: OTHER_AUDIENCE } })] },
    'destinations.1.name repeats the name of destinations.0',
  ],
])('%s: also beside a mistake elsewhere', (_, file, problem) => {
  expect(problemsOf(file).join('\n')).toContain(problem)
  const destinations = [...((file.destinations as unknown[] | undefined) ?? [aDestination()])]
  const sources = [...((file.sources as unknown[] | undefined) ?? [{ name: 'server' }])]
  // A destination that cannot be read might be fed by the source, so the mistake for sources is in another place.
  const mistake = file.sources ? { $schema: 5 } : { destinations: [...destinations, WRONG_BY_ITSELF] }
  const beside = problemsOf({ sources, destinations, ...mistake })
  expect(beside.join('\n')).toContain(problem)
  expect(beside.length).toBeGreaterThan(1)
})

test.each([
  [undefined],
  [null],
  [5],
  [[]],
  [{ sources: 5, destinations: {} }],
  [{ sources: [null], destinations: [5] }],
])('what is no settings file at all is told so: %j', (input) => {
  expect(parseDestinations(input).ok).toBe(false)
})
