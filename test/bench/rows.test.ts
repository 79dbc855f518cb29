import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createToRow } from '../../lib/audience/row.ts'
import { makePeople } from './people.ts'
import { hashedTexts } from './rows.bench.ts'
import { ALL_FIELDS, settingsFor } from './rows-settings.ts'

const SHA_256 = /^[0-9a-f]{64}$/

describe('what the rows benchmark times', () => {
  const people = makePeople(500, 7)
  const rows = people.map(createToRow(settingsFor(ALL_FIELDS), Date.now))

  it('is a complete row for everybody, without anything unusable', () => {
    for (const result of rows) expect(result).toMatchObject({ row: { cells: { length: 15 } }, reports: [] })
  })

  it('is the hash of the normalised email', () => {
    const emails = rows.map((result) => ('row' in result ? result.row.cells[0] : undefined))
    const expected = people.map(({ EMAIL }) => createHash('sha256').update(String(EMAIL).trim().toLowerCase()))
    expect(emails).toEqual(expected.map((sum) => sum.digest('hex')))
  })

  it.each([{}, { nationalPhones: true }, { nothingRepeats: true }])(
    'hashes every text of the bare loop, %o',
    (options) => {
      const sample = makePeople(300, 11, options)
      const cells = sample.map(createToRow(settingsFor(ALL_FIELDS), Date.now)).flatMap((result) => {
        return 'row' in result ? result.row.cells : []
      })
      const hashes = cells.filter((cell) => typeof cell === 'string' && SHA_256.test(cell))
      expect(hashes).toHaveLength(hashedTexts(sample, ALL_FIELDS).length)
    },
  )

  it('makes the same people of the same seed, and others of another', () => {
    expect(makePeople(5, 3)).toEqual(makePeople(5, 3))
    expect(makePeople(5, 3)).not.toEqual(makePeople(5, 4))
  })

  it('writes phone numbers as at home where asked to', () => {
    const [person] = makePeople(1, 1, { nationalPhones: true })
    expect(person?.PHONE).not.toContain('+')
  })
})
