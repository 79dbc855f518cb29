import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { explainUser } from '../../lib/audience/explain-user.ts'
import { clock, settings } from './one-field.ts'

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

describe('explaining a user', () => {
  it('shows what was given, its text by the rule, and what is sent', () => {
    const explain = explainUser(settings(['EMAIL', 'DOBD', 'GEN', 'MADID', 'LOOKALIKE_VALUE', 'CT']), clock)
    const user = { email: ' Mary@Example.com', DOBD: 7, GEN: '?', MADID: 'ABC', LOOKALIKE_VALUE: '2.50' }
    expect(explain(user)).toEqual([
      { field: 'EMAIL', given: ' Mary@Example.com', normalised: 'mary@example.com', sent: sha256('mary@example.com') },
      { field: 'DOBD', given: 7, normalised: '07', sent: sha256('07') },
      { field: 'GEN', given: '?', normalised: '', sent: '' },
      { field: 'MADID', given: 'ABC', normalised: 'abc', sent: 'abc' },
      { field: 'LOOKALIKE_VALUE', given: '2.50', normalised: '2.5', sent: 2.5 },
      { field: 'CT', given: null, normalised: '', sent: '' },
    ])
  })

  it('says of a phone that its country is unknown, unless the destination has one', () => {
    const user = { PHONE: '030 123456' }
    expect(explainUser(settings(['PHONE']), clock)(user)).toMatchObject([{ lacksCountry: true }])
    const [known] = explainUser(settings(['PHONE'], { defaultCountry: 'DE' }), clock)(user)
    expect(known).not.toHaveProperty('lacksCountry')
  })

  it('shows the columns that limited data use adds', () => {
    const explain = explainUser(settings(['EXTERN_ID'], { limitedDataUse: true }), clock)
    expect(explain({ EXTERN_ID: '1', DATA_PROCESSING_OPTIONS: [] })).toEqual([
      { field: 'EXTERN_ID', given: '1', normalised: '1', sent: '1' },
      { field: 'DATA_PROCESSING_OPTIONS', given: [], normalised: '[]', sent: [] },
      { field: 'DATA_PROCESSING_OPTIONS_COUNTRY', given: null, normalised: '', sent: 0 },
      { field: 'DATA_PROCESSING_OPTIONS_STATE', given: null, normalised: '', sent: 0 },
    ])
  })

  it('shows a hash that was given as it passes, and a plain value that may not be sent as blank', () => {
    const explain = explainUser(settings(['EMAIL', 'FN'], { isHashRequired: false }), clock)
    const hash = sha256('mary@example.com')
    expect(explain({ EMAIL: hash.toUpperCase(), FN: 'Mary' })).toEqual([
      { field: 'EMAIL', given: hash.toUpperCase(), normalised: hash, sent: hash },
      { field: 'FN', given: 'Mary', normalised: '', sent: '' },
    ])
  })

  it.each([null, 'mary', 7, [{}]])('of %j there is nothing to show', (user) => {
    expect(explainUser(settings(['EMAIL']), clock)(user)).toEqual([])
  })
})
