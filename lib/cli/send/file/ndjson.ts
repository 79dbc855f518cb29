import { isObject } from '../../../track/json-object.ts'
import type { FileRecord, RecordFormat } from './records.ts'

const [LINE_FEED = 0] = Buffer.from('\n')

/** A JSON object in each line. Empty lines say nothing. */
export const NDJSON: RecordFormat = {
  lineEnd: LINE_FEED,
  cut: (bytes) => bytes.lastIndexOf(LINE_FEED) + 1,
  read(bytes, from) {
    const records: FileRecord[] = []
    let { line } = from
    let start = 0
    while (start < bytes.length) {
      const found = bytes.indexOf(LINE_FEED, start)
      const end = found < 0 ? bytes.length : found + 1
      const text = bytes.toString('utf8', start, end)
      if (text.trim() !== '')
        records.push({ line, end: from.bytes + end, nextLine: line + 1, text: () => text, ...read(text) })
      line += 1
      start = end
    }
    return { records, end: bytes.length, line }
  },
}

function read(text: string) {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { problem: 'invalid_json' as const }
  }
  return isObject(json) ? { object: json } : { problem: 'not_an_object' as const }
}
