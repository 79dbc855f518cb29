import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderChanges } from '../../lib/audience/change.ts'
import type { Change } from '../../lib/audience/change.ts'
import { identifierOfKey, identifiersOf } from '../../lib/audience/identifiers.ts'

type Event = { direction: 'add' | 'remove'; change: Change }
const SCHEMA = ['EMAIL', 'PHONE', 'EXTERN_ID', 'FN'] as const

/** What a simulated audience holds: people as sets of identifiers, found by any of them. */
class Audience {
  people: Set<string>[] = []

  take({ direction, change: { identifiers } }: Event) {
    const isSame = (person: Set<string>) => identifiers.some((identifier) => person.has(identifier))
    const others = this.people.filter((person) => !isSame(person))
    const same = this.people.filter(isSame).flatMap((person) => [...person])
    this.people = direction === 'remove' ? others : [...others, new Set([...same, ...identifiers])]
    return this
  }

  get identifiers() {
    return new Set(this.people.flatMap((person) => [...person]))
  }

  get shown() {
    return this.people.map((person) => [...person].sort().join(' ')).sort()
  }
}

const filled = (rows: readonly Event[]) =>
  rows.reduce((audience, { change }) => audience.take({ direction: 'add', change }), new Audience())

/** All events one after the other, by their times; at equal times the removal comes last. */
function naive(events: readonly Event[], audience = new Audience()) {
  const rank = ({ direction }: Event) => (direction === 'add' ? 0 : 1)
  const sorted = [...events].sort((one, other) => one.change.at - other.change.at || rank(one) - rank(other))
  for (const event of sorted) audience.take(event)
  return audience
}

function ordered(events: readonly Event[], audience = new Audience()) {
  const of = (wanted: string) => events.filter(({ direction }) => direction === wanted).map(({ change }) => change)
  const { groups, overtaken } = orderChanges({ add: of('add'), remove: of('remove') })
  for (const { direction, changes } of groups) for (const change of changes) audience.take({ direction, change })
  return { audience, groups, overtaken }
}

function anEvent(direction: Event['direction'], at: number, ...cells: [string, string?, string?, string?]): Event {
  const row = [...cells, '', '', ''].slice(0, 4) as string[]
  return { direction, change: { cells: row, identifiers: identifiersOf(SCHEMA, row), at } }
}

// A handful of people, few identifiers, few times: they overlap all the time.
const cell = (...values: string[]) => fc.constantFrom('', ...values)
const event = fc
  .tuple(
    fc.constantFrom('add', 'remove'),
    fc.nat(6),
    cell('a', 'b', 'c'),
    cell('1', '2', '3'),
    cell('x', 'y'),
    cell('Jo'),
  )
  .map(([direction, at, ...cells]) => anEvent(direction, at, ...cells))
const events = fc.array(event, { maxLength: 14 })

describe('changes in their order', () => {
  it('leave in the audience whom all events, one after the other, leave in it', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(ordered(list).audience.shown).toEqual(naive(list).shown)
      }),
      { numRuns: 5_000, seed: 1 },
    )
  })

  it('leave nobody behind whom a removal took, whoever was there before', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), events, (before, list) => {
        const found = ordered(list, filled(before)).audience.identifiers
        const expected = naive(list, filled(before)).identifiers
        const added = list.filter(({ direction }) => direction === 'add').flatMap(({ change }) => change.identifiers)
        for (const { direction, change } of list)
          if (direction === 'remove')
            for (const identifier of new Set(change.identifiers).difference(expected.union(new Set(added))))
              expect(found).not.toContain(identifier)
      }),
      { numRuns: 5_000, seed: 2 },
    )
  })

  it('lose nobody, where those who were there before are known by one identifier each', () => {
    const one = fc.constantFrom('a', 'b', 'c').map((email) => anEvent('add', 0, email))
    fc.assert(
      fc.property(fc.array(one), events, (before, list) => {
        const found = ordered(list, filled(before)).audience.identifiers
        expect([...naive(list, filled(before)).identifiers.difference(found)]).toEqual([])
      }),
      { numRuns: 5_000, seed: 4 },
    )
  })

  it('are at most three groups, hold no row twice, and are the same however often they come', () => {
    fc.assert(
      fc.property(events, (list) => {
        const { groups, audience } = ordered(list)
        expect(groups.map(({ direction }) => direction).join()).toMatch(/^(add)?,?(remove)?,?(add)?$/)
        for (const { changes } of groups)
          expect(new Set(changes.map(({ cells }) => cells.join())).size).toBe(changes.length)
        expect(ordered([...list, ...list]).audience.shown).toEqual(audience.shown)
        expect(ordered(list.toReversed()).audience.shown).toEqual(audience.shown)
      }),
      { numRuns: 1_000, seed: 3 },
    )
  })
})

describe('changes of one person', () => {
  const groupsOf = (...list: Event[]) =>
    ordered(list).groups.map(({ direction, changes }) => [direction, changes.map(({ cells }) => cells.join(''))])

  it('that were removed after they were added are only removed', () => {
    expect(groupsOf(anEvent('add', 1, 'a'), anEvent('remove', 2, 'a'))).toEqual([['remove', ['a']]])
  })

  it('of the same time are removed', () => {
    expect(groupsOf(anEvent('add', 1, 'a'), anEvent('remove', 1, 'a'))).toEqual([['remove', ['a']]])
  })

  it('that came back as they were are only added', () => {
    expect(groupsOf(anEvent('remove', 1, 'a'), anEvent('add', 2, 'a'))).toEqual([['add', ['a']]])
  })

  it('that came back with less are removed first', () => {
    expect(groupsOf(anEvent('remove', 1, 'a', '1'), anEvent('add', 2, 'a'))).toEqual([
      ['remove', ['a1']],
      ['add', ['a']],
    ])
  })

  it('that were added with more than they were removed by are removed by all of it', () => {
    expect(groupsOf(anEvent('add', 1, 'a', '1'), anEvent('remove', 2, 'a'))).toEqual([['remove', ['a', 'a1']]])
  })

  it('that only a third row connects are removed as well', () => {
    const list = [anEvent('add', 0, 'a'), anEvent('add', 1, 'a', '1'), anEvent('remove', 2, '', '1')]
    expect(ordered(list).audience.shown).toEqual([])
    expect(groupsOf(...list).flatMap(([direction]) => direction)).toEqual(['remove'])
  })

  it('count as overtaken where they are left out', () => {
    const { overtaken } = ordered([anEvent('add', 1, 'a'), anEvent('remove', 2, 'a'), anEvent('add', 1, 'b')])
    expect(overtaken).toEqual({ add: 1, remove: 0 })
    expect(ordered([anEvent('remove', 1, 'a'), anEvent('add', 2, 'a')]).overtaken).toEqual({ add: 0, remove: 1 })
  })
})

it('many thousands of rows that share one phone number are ordered at once', () => {
  const many = (direction: Event['direction'], start: number) =>
    Array.from({ length: 20_000 }, (_, index) => {
      const name = `person-${String(index)}`
      return anEvent(direction, start + index, name, 'shared').change
    })
  const { groups } = orderChanges({ add: many('add', 0), remove: many('remove', 10_000) })
  expect(groups.map(({ direction, changes }) => [direction, changes.length])).toEqual([['remove', 20_000]])
})

it('sends an add behind the removals that may name what only the register knows its person by', () => {
  const change = (at: number, ...identifiers: string[]): Change => ({ cells: identifiers.slice(0, 1), identifiers, at })
  const add = change(3, 'PHONE:home', identifierOfKey('bobs key'))
  const remove = change(5, 'EMAIL:bob')
  expect(orderChanges({ add: [add], remove: [remove] }).groups).toEqual([
    { direction: 'remove', changes: [remove] },
    { direction: 'add', changes: [add] },
  ])
})

it('leaves a removal out that a newer add of the very same row undoes, unless an attempt of it may be on its way', () => {
  const change = (at: number): Change => ({ cells: ['ann'], identifiers: ['EMAIL:ann'], at })
  const directions = (remove: Change) =>
    orderChanges({ add: [change(3)], remove: [remove] }).groups.map(({ direction }) => direction)
  expect(directions(change(1))).toEqual(['add'])
  expect(directions({ ...change(1), firstFailedAt: 2 })).toEqual(['remove', 'add'])
})
