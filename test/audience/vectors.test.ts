import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { schemaOf } from './one-field.ts'
import { CONTRADICTIONS, REFUSED, VECTORS } from './vectors.ts'

describe('published vectors', () => {
  it.each(VECTORS)('%s: %s %j is sent as the hash of %j', (_source, field, given, _normalised, hash, country = '') => {
    expect(schemaOf(field).cell(given, country)).toBe(hash)
  })

  it.each(VECTORS)('%s: %s %j is explained as %j', (_source, field, given, normalised, _hash, country = '') => {
    expect(schemaOf(field).normalised(given, country)).toBe(normalised)
  })

  it.each([...VECTORS, ...CONTRADICTIONS].map(([, , , normalised, hash]) => [normalised, hash] as const))(
    'are sound: the SHA-256 of %j is %s',
    (normalised, hash) => {
      expect(createHash('sha256').update(normalised, 'utf8').digest('hex')).toBe(hash)
    },
  )

  it.each(REFUSED.flatMap(([field, values]) => values.map((given) => [field, given] as const)))(
    '%s %j is refused: blank, and reported',
    (field, given) => {
      expect(schemaOf(field).cell(given)).toBe('')
      expect(schemaOf(field).reports(given)).toEqual([{ field, reason: 'unusable_value' }])
    },
  )
})
