import type { Destinations } from '../config/destinations-schema.ts'
import type { SourceKeys } from '../config/write-keys.ts'
import { sampleCall } from './sample-call.ts'
import { headersOf } from './signed-call.ts'

type Running = { url: string; graphUrl: string; hasEmulator: boolean; keyOf: (source: string) => SourceKeys }

/**
 * Commands for a shell: one that sends a call which adds somebody made-up to an audience, and one that shows who is in it.
 * Undefined where no call of the settings adds people; without the emulator, nobody can show them.
 */
export function sampleCurl(
  settings: Destinations,
  { url, graphUrl, hasEmulator, keyOf }: Running,
): { send: string; show?: string } | undefined {
  const call = sampleCall(settings, 'add', { first: 0, count: 1 })
  if (!call) return undefined
  const { source, path, audiences } = call
  const body = JSON.stringify(call.body)
  const key = keyOf(source.name)
  const { origin, 'x-signature': signature } = headersOf(source, key, body)
  const [audience = ''] = audiences
  const parts = [
    `curl -w '\\n' -u ${quoted(`${key.writeKeys.at(-1) ?? ''}:`)}`,
    ...(origin === undefined ? [] : [`-H ${quoted(`Origin: ${origin}`)}`]),
    ...(signature === undefined ? [] : [`-H ${quoted(`x-signature: ${signature}`)}`]),
    `${url}${path}`,
    `-d ${quoted(body)}`,
  ]
  return {
    send: parts.join(' '),
    ...(hasEmulator && { show: `curl -w '\\n' ${graphUrl}/_emulator/audiences/${audience}/members` }),
  }
}

/** A text as a word of a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w:./=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
