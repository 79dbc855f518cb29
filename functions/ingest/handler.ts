import type { APIGatewayProxyResult } from 'aws-lambda'
import type { SendMessages } from '../../lib/aws/track-queue.ts'
import type { Secret } from '../../lib/aws/secret.ts'
import { parseWriteKeys } from '../../lib/aws/write-keys.ts'
import type { Destinations, Source } from '../../lib/config/destinations.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import { parseEvents } from '../../lib/track/event.ts'
import type { ParsedEvents } from '../../lib/track/event.ts'
import { packMessages } from '../../lib/track/message.ts'
import type { UserList } from '../../lib/track/message.ts'
import { decodeBody, toTrackRequest } from '../../lib/track/request.ts'
import type { HttpEvent, TrackRequest } from '../../lib/track/request.ts'
import { toUserLists } from '../../lib/track/user-list.ts'
import { preflight, refusal, success } from './answer.ts'
import type { Refusal } from './answer.ts'
import { hasValidSignature, keyInBody, keyOutsideBody, sourceOf } from './authenticate.ts'

export type IngestDependencies = {
  settings: Destinations
  writeKeys: Secret
  sendToTrackQueue: SendMessages
  sendToSessionQueue: SendMessages
  log: Log
  measure: Measure
  clock: () => number
  newId: () => string
}

type Accepted = { source: Source; json: unknown }

/**
 * Answers an HTTP request: decode, authenticate, parse, enqueue. What one event holds never fails its request; only
 * an unreadable body, a wrong key or a queue that takes nothing does.
 */
export function createIngestHandler(dependencies: IngestDependencies) {
  const { settings, writeKeys, log, measure, clock, newId } = dependencies

  const authenticate = async (request: TrackRequest): Promise<Accepted | Refusal> => {
    const keys = parseWriteKeys(await writeKeys.get())
    const origin = request.header('origin')
    const outside = keyOutsideBody(request, settings.sources)
    // Without a valid key, a request costs no more than one bounded decoding.
    const early = outside === undefined ? undefined : sourceOf(outside, origin, keys, settings.sources)
    if (outside !== undefined && !early) return 'key_unknown'
    const body = decodeBody(request.rawBody)
    if (!body.ok) {
      if (request.header('content-encoding') === 'gzip' && request.rawBody.includes('\uFFFD'))
        log('error', 'gateway_corrupted_gzip')
      return body.code
    }
    const inside = outside ?? keyInBody(body.json)
    if (inside === undefined) return 'key_missing'
    const found = early ?? sourceOf(inside, origin, keys, settings.sources)
    if (!found) return 'key_unknown'
    if (found.source.signed && !hasValidSignature(request, body.json, found.signingSecret)) return 'signature_invalid'
    return { source: found.source, json: body.json }
  }

  const enqueue = async ({ source, json }: Accepted, request: TrackRequest): Promise<APIGatewayProxyResult> => {
    const receivedAt = clock()
    const routeType = request.route.kind === 'single' ? request.route.type : undefined
    const parsed = parseEvents(json, routeType, { receivedAt, newId })
    const { lists, accepted, ignored } = selectLists(parsed, source)
    const messages = packMessages(source.name, receivedAt, lists)
    const stored = await Promise.all([
      dependencies.sendToTrackQueue(messages.track),
      dependencies.sendToSessionQueue(messages.session),
    ])
    for (const result of stored) {
      if (result.ok) continue
      log('error', 'request_failed', { source: source.name, reason: result.reason })
      return refusal('unavailable')
    }
    report(parsed, source, accepted, ignored)
    return success({ accepted, ...(parsed.rejected.length > 0 && { rejected: parsed.rejected }) })
  }

  const selectLists = (parsed: ParsedEvents, source: Source) => {
    const fed = settings.destinations.filter(({ sources }) => sources.includes(source.name))
    const lists: UserList[] = []
    let accepted = 0
    for (const event of parsed.events) {
      const selected = toUserLists(event, fed)
      if (!selected) continue
      accepted += 1
      lists.push(...selected.lists)
      if (!event.hasMessageId) log('warn', 'message_id_missing', { source: source.name, messageId: event.messageId })
      for (const reason of selected.problems) log('warn', 'session_not_sent', { messageId: event.messageId, reason })
    }
    return { lists, accepted, ignored: parsed.ignored + parsed.events.length - accepted }
  }

  const report = ({ rejected }: ParsedEvents, { name: source }: Source, accepted: number, ignored: number) => {
    measure('EventsAccepted', accepted, { source })
    measure('EventsIgnored', ignored, { source })
    for (const { messageId, index, code } of rejected) {
      log('warn', 'event_rejected', { source, index, reason: code, ...(messageId !== null && { messageId }) })
      measure('EventsRejected', 1, { source, reason: code })
    }
  }

  const answer = async (request: TrackRequest): Promise<APIGatewayProxyResult> => {
    const { kind } = request.route
    if (kind === 'preflight') return preflight()
    if (kind === 'health') return success()
    if (kind === 'not_found') return refusal('not_found')
    if (kind === 'settings') return success(sdkSettings)
    if (kind === 'ignored') return success()
    const accepted = await authenticate(request)
    if (typeof accepted !== 'string') return enqueue(accepted, request)
    log('warn', 'request_refused', { reason: accepted })
    return refusal(accepted)
  }

  return (event: HttpEvent): Promise<APIGatewayProxyResult> => answer(toTrackRequest(event))
}

/** What browser and mobile SDKs ask a control plane for, so that they need no second host: no device-mode integrations. */
const sdkSettings = {
  integrations: { 'Segment.io': {} },
  source: {
    id: 'facebook-audience-sync',
    name: 'facebook-audience-sync',
    writeKey: '',
    workspaceId: '',
    enabled: true,
    destinations: [],
    connections: [],
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    sourceDefinition: { name: 'Javascript' },
  },
}
