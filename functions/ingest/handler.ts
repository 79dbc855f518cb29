import middy from '@middy/core'
import type { APIGatewayProxyResult } from 'aws-lambda'
import type { SendMessages } from '../../lib/aws/queue.ts'
import type { Secret } from '../../lib/aws/secret.ts'
import { createKeyRing } from './write-keys.ts'
import type { KeyRing } from './write-keys.ts'
import type { Destinations, Source } from '../../lib/config/destinations-schema.ts'
import { worded } from '../../lib/erasure/erasure-warning.ts'
import type { Log } from '../../lib/log.ts'
import type { Measure } from '../../lib/metrics.ts'
import { MOST_NAMED } from '../../lib/track/findings.ts'
import { keyOutsideBody } from '../../lib/track/given-key.ts'
import { modesOf, packMessages } from '../../lib/track/message.ts'
import type { Modes } from '../../lib/track/message.ts'
import { toTrackRequest } from '../../lib/track/request.ts'
import type { HttpEvent, TrackRequest } from '../../lib/track/request.ts'
import { createEventReader } from '../../lib/track/selection.ts'
import type { EventReader } from '../../lib/track/selection.ts'
import { addCorsHeaders } from './add-cors-headers.ts'
import { preflight, refusal, success, wrongPath } from './answer.ts'
import { answerUnexpectedErrors } from './answer-unexpected-errors.ts'
import { authenticate } from './authenticate.ts'
import { eventAnswer } from './event-answer.ts'
import { answerErasure, eraseCalled, recorded } from './erase.ts'
import type { Erasing } from './erase.ts'
import { answerWhetherErased } from './erased.ts'
import { answerErasureList } from './erasures.ts'
import { refuse } from './refuse.ts'
import { createReport } from './report.ts'
import type { Report } from './report.ts'
import { sdkSettings } from './sdk-settings.ts'

type IngestDependencies = {
  settings: Destinations
  writeKeys: Secret
  sendToTrackQueue: SendMessages
  sendToRemovalQueue: SendMessages
  sendToSessionQueue: SendMessages
  /** Loaded with the first erasure: most environments never see one, and it is large. */
  erasing: () => Promise<Erasing>
  log: Log
  measure: Measure
  clock: () => number
  /** A later id sorts behind an earlier one: in this order erasures are listed. */
  newId: () => string
}

type Sender = 'sendToTrackQueue' | 'sendToRemovalQueue' | 'sendToSessionQueue'

/** What is needed to answer a request: the dependencies, compiled once per environment. */
type Ingest = Pick<IngestDependencies, Sender | 'erasing' | 'clock' | 'newId'> & {
  sources: readonly Source[]
  /** By source. */
  readers: ReadonlyMap<string, EventReader>
  keys: KeyRing
  modes: Modes
  report: Report
}

/** If AWS does not answer in time, ingest answers just before Lambda would end the function without an answer. */
const TIMEOUT_RESERVE_MS = 200

/**
 * Answers an HTTP request: decode, authenticate, parse, enqueue. The content of one event never fails its request. Only
 * an unreadable body, a wrong key or a queue that fails does.
 */
export function createIngestHandler({ settings, writeKeys, log, measure, ...dependencies }: IngestDependencies) {
  const report = createReport(log, measure)
  const ingest: Ingest = {
    ...dependencies,
    sources: settings.sources,
    readers: new Map(settings.sources.map((source) => [source.name, createEventReader(settings, source)])),
    keys: createKeyRing(writeKeys, settings.sources, report.writeKeys),
    modes: modesOf(settings.destinations),
    report,
  }
  return middy<HttpEvent, APIGatewayProxyResult>({ timeoutEarlyInMillis: TIMEOUT_RESERVE_MS })
    .use(addCorsHeaders(settings.sources))
    .use(answerUnexpectedErrors(log))
    .handler((event) => answer(toTrackRequest(event), ingest))
}

async function answer(request: TrackRequest, ingest: Ingest): Promise<APIGatewayProxyResult> {
  const { kind } = request.route
  if (kind === 'preflight') return preflight()
  if (kind === 'not_found') {
    // A sender with a key means this service. All others are scanners, and the internet is full of them.
    if (keyOutsideBody(request, ingest.sources) !== undefined) ingest.report.refused('not_found')
    return refusal('not_found', wrongPath(request.route))
  }
  if (kind === 'settings') return success(sdkSettings(request.route.writeKey))
  if (kind === 'health' || kind === 'ignored') return success()
  const sender = await authenticate(request, ingest.sources, ingest.keys)
  if (sender.ok && (kind === 'erase' || kind === 'unerase'))
    return answerErasure(kind, sender.source, sender.json, request.queryKeys, ingest)
  if (sender.ok && kind === 'erased') return answerWhetherErased(sender.source, sender.json, ingest)
  if (sender.ok && kind === 'erasures') return answerErasureList(sender.source, request.query('before'), ingest)
  if (sender.ok) return accept(sender.source, sender.json, request, ingest)
  if (sender.reason === 'invalid_json' && isCorruptedGzip(request)) ingest.report.gatewayCorruptedGzip()
  return refuse(ingest.report, sender.reason, sender.problem && `the body ${sender.problem}`)
}

function isCorruptedGzip({ header, rawBody }: TrackRequest): boolean {
  return header('content-encoding') === 'gzip' && rawBody.includes('\uFFFD')
}

async function accept(
  source: Source,
  json: object,
  { route }: TrackRequest,
  ingest: Ingest,
): Promise<APIGatewayProxyResult> {
  const { readers, modes, clock, newId, report } = ingest
  const reader = readers.get(source.name)
  if (!reader) throw new RangeError('a source without a reader')
  const receivedAt = clock()
  const routeType = route.kind === 'single' ? route.type : undefined
  const { lists, ...checked } = reader.read(json, { routeType, receivedAt, newId })
  if (checked.tooManyPeople) return refuse(report, 'too_many_people')
  const erased = await eraseCalled(checked, source, receivedAt, ingest)
  if (!erased.ok) return refusal(erased.reason, erased.found)
  const messages = packMessages(source.name, receivedAt, [...lists, ...erased.lists], modes)
  const stored = await Promise.all([
    ingest.sendToTrackQueue(messages.track),
    ingest.sendToRemovalQueue(messages.removal),
    ingest.sendToSessionQueue(messages.session),
  ])
  for (const result of stored) {
    if (result.ok) continue
    report.requestFailed(source.name, result.reason)
    return refusal('unavailable')
  }
  const { record, warnings = [] } = erased
  if (record && !(await recorded(record, ingest))) return refusal('unavailable')
  report.events(checked, source.name, reader)
  return success({
    ...eventAnswer(checked, source.allowedOrigins !== undefined, reader),
    ...(record && { erased: record.users, erasure: record.id }),
    ...(warnings.length > 0 && { erasureWarnings: worded(warnings.slice(0, MOST_NAMED)) }),
  })
}
