import { expect, test } from 'vitest'
import { counted, cutMiddle, people, shortId, span, untilText } from '../../../../lib/local/console/page/format.ts'
import { drawSettings } from '../../../../lib/local/console/page/settings-picture.ts'
import { placeAt, roundSteps, stepPath } from '../../../../lib/local/console/page/size-scale.ts'
import { AT, SCENES } from './scenes.ts'

test.each([
  [0, '0 s'],
  [400, '1 s'],
  [59_000, '59 s'],
  [61_000, '1 min'],
  [3_600_000, '1 h'],
  [11_400_000, '3 h 10 min'],
])('%i ms is %s', (milliseconds, text) => expect(span(milliseconds)).toBe(text))

test('numbers have their word, and a point where one looks for it', () => {
  expect([people(1), people(12_345), counted(0, 'call')]).toEqual(['1 person', '12,345 people', '0 calls'])
})

test('a long identifier keeps both ends, and a short one is whole', () => {
  expect(cutMiddle('23846440602800582')).toBe('23846440…0582')
  expect(cutMiddle('2384644060280')).toBe('2384644060280')
  expect(shortId('23846440602800582')).toBe('…800582')
})

test('a wait tells when it ends, and says so when it should be over', () => {
  expect(untilText(AT + 240_000, AT)).toMatch(/^until \d\d:07:10, in 4 min$/)
  expect(untilText(AT, AT + 1)).toBe('goes at any moment')
})

test.each([
  [0, [0, 1]],
  [1, [0, 1]],
  [7, [0, 5, 10]],
  [48_210, [0, 20_000, 40_000, 60_000]],
  [100_000, [0, 50_000, 100_000]],
])('an axis up to %i has the round steps %j', (highest, steps) =>
  expect(roundSteps(highest)).toEqual({ top: steps.at(-1), steps }),
)

test('the line of a plot keeps each size until the next one', () => {
  expect(
    stepPath([
      [0, 9],
      [5, 4],
    ]),
  ).toBe('M0 9H5V4')
  expect([
    placeAt([[10, 1]], 0),
    placeAt(
      [
        [10, 1],
        [20, 2],
      ],
      15,
    ),
    placeAt(
      [
        [10, 1],
        [20, 2],
      ],
      99,
    ),
  ]).toEqual([0, 0, 1])
})

test('the picture of the settings has each name once, and a line for each way', () => {
  const { boxes, lines } = drawSettings(SCENES.busy.settings)
  expect(boxes.call).toEqual(['event USER_ADD', 'event Order Completed', 'membership vip'])
  expect(boxes.destination).toEqual(['main', 'buyers'])
  expect(lines.filter(({ from }) => from === 'source').map(({ fromRow, toRow }) => [fromRow, toRow])).toEqual([
    [0, 0],
    [0, 1],
    [1, 2],
  ])
  expect(lines.filter(({ from }) => from === 'destination')).toHaveLength(2)
})
