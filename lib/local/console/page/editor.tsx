import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Explanation } from '../../../cli/explain/explain.ts'
import type { SettingsPicture } from '../feed.ts'
import { ActionButton } from './action-button.tsx'
import { ask } from './ask.ts'
import type { Answered } from './ask.ts'
import { CodeField } from './code-field.tsx'
import { CopyButton } from './copy-button.tsx'
import { curlCommand } from './curl.ts'
import { exampleEvent } from './example-event.ts'
import { ExplanationView } from './explanation.tsx'
import { go } from './hooks.ts'
import { mistakesIn } from './mistakes.ts'
import type { Mistake } from './mistakes.ts'
import { hashOf } from './route.ts'
import { Said } from './said.tsx'

type Explained = { explanation: Explanation } | { problem: { message: string; line: number; column: number } }

/** So long after the last key, the text is explained. */
const PAUSE_MS = 300

// What was typed stays while one looks elsewhere on the page, and nowhere else: it may be about somebody.
let kept: { text: string; source: string } | undefined

/** A place to try an event: it is explained while one types, and can be sent. */
export function EditorView({ settings }: { settings: SettingsPicture }) {
  const { sources, mappings } = settings
  const [source, setSource] = useState(kept?.source ?? mappings[0]?.source ?? sources[0]?.name ?? '')
  const [text, setText] = useState(kept?.text ?? exampleEvent(settings, source, Date.now()))
  const [explained, setExplained] = useState<Answered<Explained> & { text: string }>()
  const [said, say] = useState<Answered<string>>()
  kept = { text, source }
  // An answer is about the text that was sent.
  useEffect(() => say(undefined), [text, source])
  useEffect(() => {
    const aborted = new AbortController()
    const explainIt = async () => {
      const body = { text, ...(source !== '' && { source }) }
      const answer = await ask<Explained>('POST', '/_local/console/explain', body, aborted.signal)
      if (!aborted.signal.aborted) setExplained({ ...answer, text })
    }
    const timer = setTimeout(() => void explainIt(), PAUSE_MS)
    return () => {
      clearTimeout(timer)
      aborted.abort()
    }
  }, [text, source])
  const writeKey = sources.find(({ name }) => name === source)?.writeKey ?? ''
  const mistakes = useMemo(() => (explained?.ok ? mistakesOf(explained.text, explained.value) : []), [explained])
  return (
    <div class="split even">
      <section class="card" aria-labelledby="editor-title">
        <div class="bar">
          <h2 id="editor-title">Try an event</h2>
          <span class="space" />
          <label class="fields">
            Source{' '}
            <select value={source} onChange={({ currentTarget }) => setSource(currentTarget.value)}>
              {sources.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </div>
        <CodeField text={text} setText={setText} marks={mistakes} label="The event, as JSON" />
        <div class="buttons">
          <ActionButton kind="primary" act={() => send(text, source)} say={say}>
            Send it
          </ActionButton>
          <CopyButton text={curlCommand(location.origin, writeKey, text)} label="Copy as curl" />
          <button type="button" class="quiet" onClick={() => setText(exampleEvent(settings, source, Date.now()))}>
            Begin with the example
          </button>
        </div>
        <Said said={said} name="block" />
        {said?.ok && (
          <button
            type="button"
            class="quiet"
            onClick={() => go(hashOf({ view: 'calls', call: 'latest', filter: 'all' }))}
          >
            Follow it
          </button>
        )}
      </section>
      <section class="card" aria-labelledby="explained-title">
        <div class="bar">
          <h2 id="explained-title">What it does</h2>
          {explained?.text !== text && <span class="muted">looking …</span>}
        </div>
        {explained?.ok === false && (
          <p class="said" data-failed>
            {explained.error}
          </p>
        )}
        {mistakes.length > 0 && <MistakeList mistakes={mistakes} />}
        {explained?.ok && 'explanation' in explained.value && (
          <ExplanationView explanation={explained.value.explanation} />
        )}
      </section>
    </div>
  )
}

function mistakesOf(text: string, explained: Explained): Mistake[] {
  if ('explanation' in explained) return mistakesIn(text, explained.explanation)
  const { message, line, column } = explained.problem
  return [{ line, tone: 'failed', code: 'no JSON', message: `${message} (column ${column})` }]
}

function MistakeList({ mistakes }: { mistakes: readonly Mistake[] }) {
  const toLine = (line: number) => {
    const field = document.querySelector<HTMLTextAreaElement>('.code textarea')
    if (!field) return
    const start = field.value.split('\n', line - 1).join('\n').length + (line > 1 ? 1 : 0)
    const end = field.value.indexOf('\n', start)
    field.focus()
    field.setSelectionRange(start, end < 0 ? field.value.length : end)
  }
  return (
    <ul class="mistakes" aria-label="Mistakes">
      {mistakes.slice(0, 20).map(({ line, tone, code, message }, index) => (
        <li key={index} data-tone={tone}>
          <button type="button" class="quiet number" onClick={() => toLine(line)}>
            Line {line}
          </button>
          <p>
            <code class="strong">{code}</code> {message}
          </p>
        </li>
      ))}
      {mistakes.length > 20 && <li class="muted">and {mistakes.length - 20} more</li>}
    </ul>
  )
}

async function send(text: string, source: string): Promise<Answered<string>> {
  const sent = await ask<{ status: number; body: unknown }>('POST', '/_local/console/send', { text, source })
  if (!sent.ok) return sent
  const { status, body } = sent.value
  const answer = `Ingest answered ${status}: ${typeof body === 'string' ? body : JSON.stringify(body)}`
  return status === 200 ? { ok: true, value: answer } : { ok: false, error: answer }
}
