import { explain, isBareRecord } from '../../cli/explain/explain.ts'
import type { Post } from '../../cli/post.ts'
import type { Destinations, Source } from '../../config/destinations-schema.ts'
import { jsonMistake } from '../../track/json-problem.ts'
import { sampleCall } from '../sample-call.ts'
import { headersOf } from '../signed-call.ts'
import type { CurrentKeys } from './source-keys.ts'
import type { Refused } from './refused.ts'
import { tooLarge } from './typed-text.ts'

/** What ingest answered. */
export type Sent = { status: number; body: unknown }

type Options = {
  settings: Destinations
  keys: CurrentKeys
  clock: () => number
  newId: () => string
  post: Post
  /** The gateway's address. */
  url: () => string
}

const PATIENCE_MS = 30_000

/** What the buttons and the editor of the page do with events. Nothing of what was typed is kept. */
export function createActions({ settings, keys, clock, newId, post, url }: Options) {
  let people = 0

  function sourceOf(name: string | undefined): Source | undefined {
    return settings.sources.find((each) => name === undefined || each.name === name)
  }

  function unknown(name: string): Refused {
    return { refused: `source: "${name}" is none; there are ${settings.sources.map((each) => each.name).join(', ')}` }
  }

  async function send(source: Source, path: string, text: string): Promise<Sent> {
    const own = keys().find((each) => each.source === source.name) ?? { writeKeys: [], signingSecret: undefined }
    const request = { headers: headersOf(source, own, text), body: Buffer.from(text), patienceMs: PATIENCE_MS }
    const { status, text: answer } = await post(`${url()}${path}`, request)
    return { status, body: jsonMistake(answer) ? answer : (JSON.parse(answer) as unknown) }
  }

  return {
    /** The same as the command `explain --json`. Without a source, any that feeds the destinations. */
    explain: ({ text, source: name }: { text: string; source?: string | undefined }) => {
      const refused = tooLarge(text)
      if (refused) return refused
      const source = name === undefined ? undefined : sourceOf(name)
      if (name !== undefined && !source) return unknown(name)
      const problem = jsonMistake(text)
      if (problem) return { problem: { ...problem, message: `The text ${problem.message}` } }
      return { explanation: explain(JSON.parse(text), settings, clock, source) }
    },
    send: ({ text, source: name }: { text: string; source?: string | undefined }): Promise<Sent> | Refused => {
      const refused = tooLarge(text)
      if (refused) return refused
      const source = sourceOf(name)
      if (!source) return unknown(name ?? '')
      const isRecord = !jsonMistake(text) && isBareRecord(JSON.parse(text))
      return send(source, isRecord ? '/v1/record' : '/v1/batch', text)
    },
    /** Adds made-up people, always others, or removes those who were added last. */
    sample: ({ people: count, list }: { people: number; list: 'add' | 'remove' }): Promise<Sent> | Refused => {
      const first = list === 'add' ? people : Math.max(0, people - count)
      const call = sampleCall(settings, list, { first, count, sending: { id: newId(), at: clock() } })
      if (!call) return { refused: `list: no call of the settings ${list === 'add' ? 'adds' : 'removes'} people` }
      people = list === 'add' ? people + count : first
      return send(call.source, call.path, JSON.stringify(call.body))
    },
  }
}
