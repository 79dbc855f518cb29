import { describe, expect, test } from 'vitest'
import { WriteKeysError, parseWriteKeys, sourcesOfKey } from '../../lib/aws/write-keys.ts'

describe('the write-keys secret', () => {
  test.each([
    ['one key', '"k"', ['k'], undefined],
    ['several keys, while one replaces another', '["k","l"]', ['k', 'l'], undefined],
    ['a key and a signing secret', '{"writeKey":"k","signingSecret":"s"}', ['k'], 's'],
    ['several keys and a signing secret', '{"writeKey":["k","l"],"signingSecret":"s"}', ['k', 'l'], 's'],
    ['a signing secret alone', '{"signingSecret":"s"}', [], 's'],
    ['an empty key, which is none', '""', [], undefined],
    ['keys among which are empty ones and numbers', '{"writeKey":["",7,"k"]}', ['k'], undefined],
  ])('holds for a source %s', (_, entry, writeKeys, signingSecret) => {
    expect(parseWriteKeys(`{"server":${entry}}`)).toEqual([{ source: 'server', writeKeys, signingSecret }])
  })

  test.each(['', 'not-json', '"key"', 'null', '7', '["key"]', '{"server":7}', '{"server":null}'])(
    'cannot be %s, and the error says so without its content',
    (text) => {
      expect(() => parseWriteKeys(text)).toThrow(WriteKeysError)
      expect(() => parseWriteKeys(text)).toThrow(/^The write-keys secret (is not JSON|must map source names to keys)$/)
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
    expect(sourcesOfKey(key, keys).map(({ source }) => source)).toEqual(sources)
  })
})
