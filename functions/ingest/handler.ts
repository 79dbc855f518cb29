import middy from '@middy/core'
import type { APIGatewayProxyResult } from 'aws-lambda'
import type { SendMessages } from '../../lib/aws/queue.ts'
import type { Secret } from '../../lib/aws/secret.ts'
import { parseWriteKeys } from '../../lib/aws/write-keys.ts'
import type { Destinations, Source } from '../../lib/config/destinations-schema.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import { parseEvents } from '../../lib/track/event.ts'
import type { ParsedEvents } from '../../lib/track/event.ts'
import { packMessages } from '../../lib/track/message.ts'
import { decodeBody, toTrackRequest } from '../../lib/track/request.ts'
import type { HttpEvent, TrackRequest } from '../../lib/track/request.ts'
import { toUserLists } from '../../lib/track/user-list.ts'
import { addCorsHeaders } from './add-cors-headers.ts'
import { preflight, refusal, success } from './answer.ts'
import type { Refusal } from './answer.ts'
import { answerUnexpectedErrors } from './answer-unexpected-errors.ts'
import { hasValidSignature, keyInBody, keyOutsideBody, sourceOf } from './authenticate.ts'
import { sdkSettings } from './sdk-settings.ts'

type IngestDependencies = {
  settings: Destinations
  writeKeys: Secret
  sendToTrackQueue: SendMessages
  sendToRemovalQueue: SendMessages
  sendToSessionQueue: SendMessages
  log: Log
  measure: Measure
  clock: () => number
  newId: () => string
}

type Accepted = { source: Source; json: object }

/** At most this many events of a request are named in its answer and in the log; the metrics count them all. */
const MAX_NAMED_EVENTS = 100

/** Where AWS does not answer in time, an answer is given just before Lambda ends the function without one. */
const TIMEOUT_RESERVE_MS = 200

/**
 * Answers an HTTP request: decode, authenticate, parse, enqueue. What one event holds never fails its request; only
 * an unreadable body, a wrong key or a queue that takes nothing does.
 */
export function createIngestHandler(dependencies: IngestDependencies) {
  const { settings, writeKeys, log, measure, clock, newId } = dependencies

  // An unknown key may be younger than the secret in memory, so that is read again before anybody is refused.
  const findSource = async (key: string, origin: string | undefined) => {
    const find = (secret: string) => sourceOf(key, origin, parseWriteKeys(secret), settings.sources)
    return find(await writeKeys.get()) ?? find(await writeKeys.refresh())
  }

  const authenticate = async (request: TrackRequest): Promise<Accepted | Refusal> => {
    const origin = request.header('origin')
    const outside = keyOutsideBody(request, settings.sources)
    // Without a valid key, a request costs no more than one bounded decoding.
    const early = outside === undefined ? undefined : await findSource(outside, origin)
    if (outside !== undefined && !early) return 'key_unknown'
    const body = decodeBody(request.rawBody)
    if (!body.ok) {
      if (request.header('content-encoding') === 'gzip' && request.rawBody.includes('\uFFFD'))
        log('error', 'gateway_corrupted_gzip')
      return body.code
    }
    const inside = outside ?? keyInBody(body.json)
    if (inside === undefined) return 'key_missing'
    const found = early ?? (await findSource(inside, origin))
    if (!found) return 'key_unknown'
    if (found.source.signed && !hasValidSignature(request, body.json, found.signingSecret)) return 'signature_invalid'
    return { source: found.source, json: body.json }
  }

  const enqueue = async ({ source, json }: Accepted, { route }: TrackRequest): Promise<APIGatewayProxyResult> => {
    const receivedAt = clock()
    const fed = settings.destinations.filter(({ sources }) => sources.includes(source.name))
    const isMapped = (eventName: string) => fed.some(({ events }) => Object.hasOwn(events, eventName))
    const routeType = route.kind === 'single' ? route.type : undefined
    const parsed = parseEvents(json, routeType, { receivedAt, newId }, isMapped)
    const selected = parsed.events.flatMap((event) => {
      const { lists = [], problems = [] } = toUserLists(event, fed) ?? {}
      return { event, lists, problems }
    })
    const messages = packMessages(
      source.name,
      receivedAt,
      selected.flatMap(({ lists }) => lists),
    )
    const stored = await Promise.all([
      dependencies.sendToTrackQueue(messages.track),
      dependencies.sendToRemovalQueue(messages.removal),
      dependencies.sendToSessionQueue(messages.session),
    ])
    for (const result of stored) {
      if (result.ok) continue
      log('error', 'request_failed', { source: source.name, reason: result.reason })
      return refusal('unavailable')
    }
    reportSessions(selected)
    report(parsed, source.name)
    const rejected = parsed.rejected.slice(0, MAX_NAMED_EVENTS)
    return success({ accepted: parsed.events.length, ...(rejected.length > 0 && { rejected }) })
  }

  const reportSessions = (selected: readonly { event: { messageId: string }; problems: readonly string[] }[]) => {
    const concerned = selected.filter(({ problems }) => problems.length > 0)
    for (const { event, problems } of concerned.slice(0, MAX_NAMED_EVENTS))
      for (const reason of problems) log('warn', 'session_not_sent', { messageId: event.messageId, reason })
  }

  const report = ({ events, ignored, rejected }: ParsedEvents, source: string) => {
    measure('EventsAccepted', events.length, { source })
    measure('EventsIgnored', ignored, { source })
    const byCode = Object.entries(Object.groupBy(rejected, ({ code }) => code))
    for (const [reason, { length }] of byCode) measure('EventsRejected', length, { source, reason })
    for (const { messageId, index, code } of rejected.slice(0, MAX_NAMED_EVENTS))
      log('warn', 'event_rejected', { source, index, reason: code, ...(messageId !== null && { messageId }) })
    const count = events.filter(({ hasMessageId }) => !hasMessageId).length
    if (count > 0) log('warn', 'message_id_missing', { source, count })
  }

  const answer = async (request: TrackRequest): Promise<APIGatewayProxyResult> => {
    const { kind } = request.route
    if (kind === 'preflight') return preflight()
    if (kind === 'not_found') return refusal('not_found')
    if (kind === 'settings') return success(sdkSettings(request.route.writeKey))
    if (kind === 'health' || kind === 'ignored') return success()
    const accepted = await authenticate(request)
    if (typeof accepted !== 'string') return enqueue(accepted, request)
    log('warn', 'request_refused', { reason: accepted })
    return refusal(accepted)
  }

  return middy<HttpEvent, APIGatewayProxyResult>({ timeoutEarlyInMillis: TIMEOUT_RESERVE_MS })
    .use(addCorsHeaders(settings.sources))
    .use(answerUnexpectedErrors(log))
    .handler((event) => answer(toTrackRequest(event)))
}
