/** A body of so many bytes, and with so many objects, arrays and commas, at most. */
type Room = { bytes: number; values: number }

/** JSON that costs as much memory as it can for its size. */
type WorstBody = { name: string; text: (room: Room) => string }

const valuesIn = (text: string) => text.match(/[{[,]/g)?.length ?? 0

/** Head, as many items as there is room for, and tail; then blanks up to the last byte. */
const filled = (head: string, item: string | ((index: number) => string), tail: string) => (room: Room) => {
  const items: string[] = []
  let bytes = room.bytes - Buffer.byteLength(head + tail)
  let values = room.values - valuesIn(head + tail)
  for (let index = 0; ; index += 1) {
    const next = typeof item === 'string' ? item : item(index)
    bytes -= Buffer.byteLength(next)
    values -= valuesIn(next)
    if (bytes < 0 || values < 0) return padded(head + items.join('') + tail, room)
    items.push(next)
  }
}

const padded = (text: string, { bytes }: Room) => text + ' '.repeat(Math.max(0, bytes - Buffer.byteLength(text)))

/** Head and tail with blanks between them. */
const padAround = (head: string, tail: string, { bytes }: Room) => head.padEnd(bytes - tail.length) + tail

const nested = (open: string, innermost: string, close: string) => (room: Room) => {
  const depth = Math.min(Math.floor((room.bytes - 9) / (open + close).length), room.values - 2)
  return padded(`[${open.repeat(depth)}${innermost}${close.repeat(depth)}]`, room)
}

const users = (user: string | ((index: number) => string), more = '') =>
  filled(`[{"event":"USER_ADD","properties":{${more}"userListAdd":[`, user, '0]}}]')

const SESSION = '"sessionIdAdd":1,"batchSequence":1,"lastBatchFlag":1'
const inBase36 = (index: number) => index.toString(36)

export const WORST_BODIES: readonly WorstBody[] = [
  { name: 'empty objects', text: filled('[', '{},', '{}]') },
  { name: 'empty arrays', text: filled('[', '[],', '[]]') },
  { name: 'zeroes', text: filled('[', '0,', '0]') },
  { name: 'fractions', text: filled('[', '0.5,', '{}]') },
  { name: 'texts of two letters', text: filled('[', '"ab",', '""]') },
  { name: 'different short texts', text: filled('[', (index) => `"${inBase36(index)}",`, '""]') },
  { name: 'nested arrays', text: nested('[', '', ']') },
  { name: 'nested objects', text: nested('{"a":', '0', '}') },
  { name: 'one huge text', text: (room) => `["${'x'.repeat(room.bytes - 4)}"]` },
  { name: 'one huge text beyond Latin-1', text: (room) => `["${'x'.repeat(room.bytes - 7)}\u4e2d"]` },
  { name: 'one huge key', text: (room) => `[{"${'x'.repeat(room.bytes - 8)}":0}]` },
  { name: 'escapes', text: filled('["', '\\u0000', '"]') },
  { name: 'surrogates', text: filled('["', '\\ud800', '"]') },
  { name: 'keys of one object', text: filled('[{', (index) => `"${inBase36(index)}":0,`, '"":0}]') },
  { name: 'objects of a key of their own', text: filled('[', (index) => `{"${inBase36(index)}":0},`, '{}]') },
  { name: 'arrays in objects', text: filled('[', '{"a":[{}]},', '{}]') },
  { name: 'events without a name', text: filled('[', '{"type":"track"},', '{}]') },
  { name: 'events without lists', text: filled('[', '{"event":"USER_ADD"},', '{}]') },
  { name: 'events of other names', text: filled('[', (index) => `{"event":"${inBase36(index)}"},`, '{}]') },
  { name: 'page calls', text: filled('[', '{"type":"page"},', '{}]') },
  {
    name: 'a record whose audience is all blanks',
    text: (room) =>
      padAround(
        '[{"type":"record","action":"insert","context":{"externalId":[{"type":"FB_CUSTOM_AUDIENCE-',
        'x"}]}}]',
        room,
      ),
  },
  { name: 'events of one user', text: filled('[', '{"event":"USER_ADD","properties":{"userListAdd":[0]}},', '{}]') },
  {
    name: 'events of one user in a session',
    text: filled('[', `{"event":"USER_ADD","properties":{"userListAdd":[0],${SESSION}}},`, '{}]'),
  },
  {
    name: 'events of a user with twelve unknown fields',
    text: filled(
      '[',
      (index) => {
        const unknown = Array.from({ length: 12 }, (_, place) => `"${inBase36(12 * index + place)}":0`)
        return `{"event":"USER_ADD","properties":{"userListAdd":[{"FN":0,${unknown.join(',')}}]}},`
      },
      '{}]',
    ),
  },
  { name: 'users that are none', text: users('0,') },
  { name: 'users without fields', text: users('{},') },
  { name: 'users of one short value', text: users('{"FN":0},') },
  { name: 'users of unknown fields', text: users((index) => `{"${inBase36(index)}":0},`) },
  { name: 'users of nested values', text: users('{"FN":[[]]},') },
  { name: 'users of a list', text: users(`{"FN":[${'0,'.repeat(999)}0]},`) },
  { name: 'users beyond Latin-1', text: users('{"FN":"\u4e2d"},') },
  { name: 'users of escaped values', text: users('{"FN":"\\ufffe"},') },
  {
    name: 'one user of very many fields',
    text: filled(
      '[{"event":"USER_ADD","properties":{"userListAdd":[{',
      (index) => `"${inBase36(index)}":0,`,
      '"":0}]}}]',
    ),
  },
  { name: 'users in a session', text: users('{"FN":0},', `${SESSION},`) },
]
