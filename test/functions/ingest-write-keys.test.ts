import { describe, expect, test } from 'vitest'
import { sourcesOfKey } from '../../functions/ingest/write-keys.ts'
import { parseWriteKeys } from '../../lib/config/write-keys.ts'

describe('the write-keys secret', () => {
  test.each([
    ['one key', '"k"', ['k'], undefined],
    ['several keys, while one replaces another', '["k","l"]', ['k', 'l'], undefined],
    ['a key and a signing secret', '{"writeKey":"k","signingSecret":"s"}', ['k'], 's'],
    ['several keys and a signing secret', '{"writeKey":["k","l"],"signingSecret":"s"}', ['k', 'l'], 's'],
    ['a signing secret alone', '{"signingSecret":"s"}', [], 's'],
    ['an empty key, which is none', '""', [], undefined],
    ['keys among which are empty ones, and blanks around them', '{"writeKey":[""," k\\n"]}', ['k'], undefined],
  ])('holds for a source %s', (_, entry, writeKeys, signingSecret) => {
    expect(parseWriteKeys(`{"server":${entry}}`)).toEqual({
      sources: [{ source: 'server', writeKeys, signingSecret }],
      unreadable: [],
    })
  })

  test.each(['', 'not-json', '"key"', 'null', '7', '["key"]'])('cannot be %s', (text) => {
    expect(parseWriteKeys(text)).toBeUndefined()
  })

  test.each(['7', 'null', 'true', '[7]', '{"signingSecret":7}', '{"writekey":"k"}', '{"writeKey":null}', '["k",7]'])(
    'with the entry %s has every other source’s keys, and the name of that one',
    (entry) => {
      const keys = parseWriteKeys(`{"a":"k","b":${entry},"c":["l"]}`)
      expect(keys?.sources.map(({ source }) => source)).toEqual(['a', 'c'])
      expect(keys?.unreadable).toEqual(['b'])
    },
  )
})

describe('the sources of a key', () => {
  const keys = parseWriteKeys('{"a":"same","b":["same","own"],"c":{"writeKey":"long-key"},"d":""}')
  test.each([
    ['same', ['a', 'b']],
    ['own', ['b']],
    ['long-key', ['c']],
    ['long', []],
    ['', []],
    ['a', []],
  ])('of "%s" are %j', (key, sources) => {
    expect(sourcesOfKey(key, keys?.sources ?? []).map(({ source }) => source)).toEqual(sources)
  })
})
