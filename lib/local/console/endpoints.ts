import * as v from 'valibot'
import { controlAnswer } from '../../emulator/meta/control.ts'
import { audienceNow } from '../../emulator/meta/emulator.ts'
import type { Emulator } from '../../emulator/meta/emulator.ts'
import { jsonAnswer, ownText } from '../../emulator/gateway/own-endpoints.ts'
import type { OwnAnswer, OwnEndpoints, OwnRequest } from '../../emulator/gateway/own-endpoints.ts'
import type { createActions } from './actions.ts'
import { CONSOLE_PATH } from './console-path.ts'
import { faultChoices } from './fault-choices.ts'
import type { ConsoleState, PipelineState, SettingsPicture } from './feed.ts'
import { membersPage } from './members-page.ts'
import type { PageBundle } from './page-bundle.ts'
import type { redrive } from './redrive.ts'
import type { Refused } from './refused.ts'
import type { Stream } from './stream.ts'
import type { Watch } from './watch.ts'

const MOST_CALLS = 500
const NO_EMULATOR = {
  error: 'GRAPH_API_URL is set, so there is no emulator: nobody knows its members, and it takes no faults',
}

const typed = v.strictObject({ text: v.string('must be text'), source: v.optional(v.string('must be text')) })
const sample = v.strictObject({
  people: v.picklist([1, 1000], 'must be 1 or 1000'),
  list: v.picklist(['add', 'remove'], 'must be "add" or "remove"'),
})
const letter = v.strictObject({ messageId: v.optional(v.string('must be text')) })
const nothing = v.strictObject({})
const page = v.object({ from: v.fallback(count(0), 0), count: v.fallback(count(1), 100) })

function count(least: number) {
  return v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(least))
}

type Console = {
  bundle: () => Promise<PageBundle>
  pipeline: () => Promise<PipelineState>
  picture: () => SettingsPicture
  watch: Watch
  stream: Stream
  actions: ReturnType<typeof createActions>
  emulator: Emulator | undefined
  redrive: (messageId: string | undefined) => ReturnType<typeof redrive>
}

/** What the console's page asks for, by method and path. A GET changes nothing. */
export function consoleEndpoints(parts: Console): OwnEndpoints {
  const { bundle, pipeline, picture, watch, stream, actions, emulator } = parts
  /** Hands a request on to the emulator's own endpoints. */
  const control = (method: string, path: string, body: unknown = {}): OwnAnswer => {
    if (!emulator) return jsonAnswer(409, NO_EMULATOR)
    const { status, body: text } = controlAnswer(emulator, method, path, Buffer.from(JSON.stringify(body)))
    return ownText(status, 'application/json', text)
  }
  return {
    [`GET ${CONSOLE_PATH}`]: async () => {
      const { html, contentSecurityPolicy } = await bundle()
      return ownText(200, 'text/html; charset=utf-8', html, { 'content-security-policy': contentSecurityPolicy })
    },
    [`GET ${CONSOLE_PATH}/page.js`]: async () =>
      ownText(200, 'text/javascript; charset=utf-8', (await bundle()).script),
    [`GET ${CONSOLE_PATH}/page.css`]: async () => ownText(200, 'text/css; charset=utf-8', (await bundle()).style),
    'GET /_local/console': async () => {
      const state: ConsoleState = {
        pipeline: await pipeline(),
        calls: watch.ring.newest(MOST_CALLS),
        settings: picture(),
      }
      return jsonAnswer(200, state)
    },
    'GET /_local/console/stream': ({ headers }) => ({
      stream: (response) => stream.open(response, headers['last-event-id']?.toString()),
    }),
    'GET /_local/console/audiences/{id}/members': ({ path, query }) => {
      if (!emulator) return jsonAnswer(409, NO_EMULATOR)
      const audience = audienceNow(emulator, path.id ?? '')
      if (!audience) return jsonAnswer(404, { error: `there is no audience ${path.id ?? ''}` })
      return jsonAnswer(200, membersPage(audience, v.parse(page, Object.fromEntries(query))))
    },
    'GET /_local/console/faults': () => jsonAnswer(200, { faults: emulator ? faultChoices() : [] }),
    'POST /_local/console/faults': ({ body }) => control('POST', '/_emulator/faults', body),
    'DELETE /_local/console/faults': () => control('DELETE', '/_emulator/faults'),
    'POST /_local/console/explain': taking(typed, (input) => actions.explain(input)),
    'POST /_local/console/send': taking(typed, (input) => actions.send(input)),
    'POST /_local/console/sample': taking(sample, (input) => actions.sample(input)),
    'POST /_local/console/redrive': taking(letter, ({ messageId }) => parts.redrive(messageId)),
    'POST /_local/console/clear': taking(nothing, () => {
      watch.clear()
      if (emulator) control('POST', '/_emulator/reset')
      stream.cleared()
      return { cleared: true }
    }),
  }
}

/** An endpoint that takes a body of this form, and answers with a value, or with why it refuses. */
function taking<Input>(schema: v.GenericSchema<unknown, Input>, answer: (input: Input) => unknown) {
  return async ({ body }: OwnRequest): Promise<OwnAnswer> => {
    const parsed = v.safeParse(schema, body ?? {})
    if (!parsed.success) {
      const [issue] = parsed.issues
      const place = v.getDotPath(issue) ?? 'the body'
      return jsonAnswer(400, { error: `${place}: ${issue.message}` })
    }
    const answered: unknown = await answer(parsed.output)
    return isRefused(answered)
      ? jsonAnswer(answered.status ?? 400, { error: answered.refused })
      : jsonAnswer(200, answered)
  }
}

function isRefused(answered: unknown): answered is Refused {
  return typeof answered === 'object' && answered !== null && 'refused' in answered
}
