import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { Destinations } from '../../config/destinations-schema.ts'
import type { AwsCall } from '../../emulator/aws/call.ts'
import type { HttpAnswer } from '../../emulator/gateway/answer.ts'
import { audienceNow } from '../../emulator/meta/emulator.ts'
import type { Answered as GraphAnswered } from '../../emulator/meta/server.ts'
import type { Receipt } from '../../graph-api/receipt.ts'
import { matchRoute } from '../../track/route.ts'
import { MOST_CALLS, createCallRing } from './call-ring.ts'
import type { Answered, CallRing } from './call-ring.ts'
import type { AudienceState } from './feed.ts'
import { followReceipt } from './follow-receipt.ts'
import { followRequest, readUsersRequest } from './graph-answers.ts'
import { createHeardLogs } from './heard-logs.ts'
import type { Heard } from './heard-logs.ts'
import { createMinuteCount } from './minute-count.ts'
import type { MinuteCount } from './minute-count.ts'
import { createRequestReader } from './read-calls.ts'
import { createRegisterWrites } from './register-writes.ts'
import type { RegisterWrites } from './register-writes.ts'
import { createRowIndex } from './row-index.ts'
import type { RowIndex } from './row-index.ts'
import { shownName } from './shown-name.ts'
import { addSize } from './size-history.ts'
import type { Sizes } from './size-history.ts'
import type { CurrentKeys } from './source-keys.ts'

type LastRequest = NonNullable<AudienceState['last']>

/** What passes through the stack, as far as the console tells of it. It holds back nothing, and keeps nothing of a person. */
export type Watch = {
  /** Looks at a request to ingest. What it gives back looks at the answer. */
  onRequest: (url: string, event?: APIGatewayProxyEvent) => (answer: Pick<HttpAnswer, 'status' | 'body'>) => void
  onGraphAnswer: (answered: GraphAnswered) => void
  onAwsCall: (call: AwsCall) => void
  onLogLine: (line: string) => void
  ring: CallRing
  index: RowIndex
  heard: Heard
  register: RegisterWrites
  requests: MinuteCount & { refused: () => number }
  graphCalls: MinuteCount & { failed: () => number }
  /** The last request of an audience. */
  last: (audience: string) => LastRequest | undefined
  sizesOf: (audience: string) => Sizes
  /** Notes the size of an audience as it is now. */
  noteSize: (audience: string, members: number) => void
  /** Forgets calls and sizes; the counts go on. */
  clear: () => void
}

type Options = { settings: Destinations; keys: CurrentKeys; clock: () => number; hasEmulator: boolean }

/** Watches a stack from its beginning. */
export function createWatch({ settings, keys, clock, hasEmulator }: Options): Watch {
  const index = createRowIndex()
  const ring = createCallRing(index)
  const readRequest = createRequestReader({ settings, keys, clock, mostCalls: MOST_CALLS })
  const requests = createMinuteCount(clock)
  const graphCalls = createMinuteCount(clock)
  const sizes = new Map<string, Sizes>()
  const heard = createHeardLogs(clock)
  const last = new Map<string, LastRequest>()
  const register = createRegisterWrites((receipt: Receipt) => {
    if (hasEmulator) return
    const { audienceId, at, count, outcome } = receipt
    graphCalls.add()
    if (outcome !== 'delivered') failed += 1
    last.set(audienceId, { at, people: count, outcome })
    followReceipt(index, receipt)
  })
  const sizesOf = (audience: string) => sizes.get(audience) ?? []
  const noteSize = (audience: string, members: number) => {
    const history = sizesOf(audience)
    addSize(history, clock(), members)
    sizes.set(audience, history)
  }
  let refused = 0
  let failed = 0

  return {
    onRequest(url, event) {
      const read = event ? readRequest(event) : refusedByGateway(url)
      if (!read) return () => undefined
      const answered = ring.take(read, clock())
      return ({ status, body }) => {
        requests.add()
        if (status !== 200) refused += 1
        answered(answerOf(status, body))
      }
    },
    onGraphAnswer(answered) {
      graphCalls.add()
      if (answered.answer?.status !== 200) failed += 1
      const request = readUsersRequest(answered)
      if (!request) return
      last.set(request.audience, { at: request.at, people: request.rows.length, outcome: request.outcome })
      followRequest(index, request)
      const audience = audienceNow(answered.emulator, request.audience)
      if (audience) noteSize(audience.id, audience.membership.members.size)
    },
    onAwsCall: register.call,
    onLogLine: heard.line,
    ring,
    index,
    heard,
    register,
    requests: { ...requests, refused: () => refused },
    graphCalls: { ...graphCalls, failed: () => failed },
    last: (audience) => last.get(audience),
    sizesOf,
    noteSize,
    clear: () => {
      ring.clear()
      sizes.clear()
    },
  }
}

/** A request that is so large, or packed so, that the gateway lets no function see it. */
function refusedByGateway(url: string): { type: string; calls: [] } | undefined {
  const route = matchRoute('POST', url.split('?')[0] ?? '')
  return route.kind === 'not_found' ? undefined : { type: route.kind === 'single' ? route.type : route.kind, calls: [] }
}

function answerOf(status: number, body: Buffer): Answered {
  if (status === 200) return { status }
  const { code, message } = parsed(body)
  return {
    status,
    ...(typeof code === 'string' && { code }),
    ...(typeof message === 'string' && {
      message: String(code).endsWith('key_unknown') ? withShownKeys(message) : message,
    }),
  }
}

/** The keys that such an answer quotes are the sender's, and a key may be an address. */
function withShownKeys(message: string): string {
  return message.replace(/"(.*?)"(?= is no | was probably )/gs, (_, key: string) => `"${shownName(key)}"`)
}

function parsed(body: Buffer): { code?: unknown; message?: unknown } {
  try {
    return JSON.parse(body.toString()) as { code?: unknown; message?: unknown }
  } catch {
    return {}
  }
}
